// The answer to one item, in the form that the server takes.

function blankAnswer(task) {
  const elements = {};
  for (const element of task.elements) elements[element.element_id] = { value: null, sure: true };
  return { overall: null, elements, prompt_meaningless: false, split_wrong: false, problems: [], comment: "" };
}

function isShare(value) {
  return typeof value === "number" && value >= 0 && value <= 1;
}

/** A draft as an answer to this task: what does not fit is left blank. */
function readDraft(task, draft, labels) {
  const answer = blankAnswer(task);
  if (!draft || typeof draft !== "object") return answer;
  if ([1, 2, 3, 4, 5].includes(draft.overall)) answer.overall = draft.overall;
  for (const [elementId, own] of Object.entries(answer.elements)) {
    const said = draft.elements?.[elementId];
    if (said?.value === 0 || said?.value === 1) own.value = said.value;
    if (said?.sure === false) own.sure = false;
  }
  answer.prompt_meaningless = draft.prompt_meaningless === true;
  answer.split_wrong = draft.split_wrong === true;
  for (const problem of Array.isArray(draft.problems) ? draft.problems : []) {
    if (!labels.includes(problem?.label)) continue;
    const box = Array.isArray(problem.box) && problem.box.length === 4 && problem.box.every(isShare) ? problem.box : null;
    answer.problems.push({ label: problem.label, box });
  }
  if (typeof draft.comment === "string") answer.comment = draft.comment;
  return answer;
}

/** What has to be answered before the answer can be sent. */
function missingParts(task, answer) {
  const elements = task.elements.filter((element) => answer.elements[element.element_id].value === null);
  return { overall: answer.overall === null, elements, complete: answer.overall !== null && elements.length === 0 };
}

function describeMissing(task, answer) {
  const { overall, elements } = missingParts(task, answer);
  const parts = [];
  if (overall) parts.push("the overall rating");
  if (elements.length === 1) parts.push(`“${elements[0].text}”`);
  else if (elements.length > 1) parts.push(`${elements.length} elements`);
  return parts.length ? `Still open: ${parts.join(" and ")}` : "All answered";
}
