"""What raters are told and what they agree to, in our own words; an organiser may give other texts."""

VERSION = "evalmuse-1"
"""Of the two texts below; other words are another version."""

OVERALL_ANCHORS: dict[int, str] = {
    1: "Does not match: the picture shows something else, or nearly nothing of what the prompt asks for.",
    2: "Matches little: a few things are there, and the main subject or most details are missing or wrong.",
    3: "Matches in part: the main subject is there, and several details are missing or wrong.",
    4: "Matches mostly: everything important is there, and one minor detail is missing or wrong.",
    5: "Matches fully: everything that the prompt asks for is there, as it asks for it.",
}
"""What each overall rating means."""

INSTRUCTIONS = f"""\
# What you are asked to do

You see a picture that a computer has drawn, and the prompt that it was asked to draw. Say how well the two go
together. Judge what the picture shows, not whether it is beautiful and not how it could have been meant.

## Overall: 1 to 5

{chr(10).join(f"- **{rating}** {meaning}" for rating, meaning in OVERALL_ANCHORS.items())}

Weigh things as a person who wrote the prompt would: its main subject counts more than a detail in the background.

## Each part of the prompt: yes or no

The prompt was cut into parts, such as *two cats* or *red*. Of each part, say whether the picture shows it.

- **Yes**: you can see it in the picture, and it is as the prompt says.
- **No**: it is missing, or is not as the prompt says: three cats are not *two cats*.
- **Not sure**: tick this as well when you hesitate, because it is hidden, blurred or unclear. Please still choose the
  answer, yes or no, that you think more likely.

A part belongs to its place in the prompt: in *a red ball and a blue box*, *red* asks for the color of the ball.

## The split may be wrong

Tick this if a part makes no sense by itself, means something else than in the prompt, or if something important of the
prompt is in no part. Answer the parts as well as you can all the same.

## The prompt is meaningless

Tick this if nobody could say what a picture of it must show: it names no subject, or is too abstract to judge.

## Structural problems

Tick what is drawn wrongly, whatever the prompt asks for: a human face, hand or limb, something else about a person, an
animal, or an object. Six fingers, a leg too many and a chair without a seat are examples. A style, such as a cartoon,
is no problem, and neither is what the prompt itself asks for. If you like, draw a box around each.

## Good to know

- Everything is kept as you go; you can close the page and come back.
- If you cannot judge an item, skip it and say why.
- You may correct your latest answers as long as the round is open.
- Take the time that you need, and take breaks. Please judge alone: do not talk about items with other raters.
"""
"""The page of instructions, in Markdown."""

CONSENT = """\
# Before you begin

Taking part is **voluntary**. You can stop at any time, without giving a reason and without any disadvantage.

**What is stored.** The name that you log in with, from your first login on, and if it is that of a Hugging Face
account, the number of the account, so that nobody else can take your place; your answers, with the time of each, the
seconds that you spent on it and the kind of device (such as phone or desktop); items that you skip and why; which
version of these texts you agreed to; and when you signed out. Nothing else about you is recorded: no address of your
computer, no tracking, no cookies beyond the login.

**Who sees it.** The organisers of this study see your answers under the name that you log in with. Other raters see
neither your name nor your answers. What is published does not hold your name; it holds at most a pseudonym, the same
for all your answers, so that the agreement of raters can be studied.

**How answers are checked.** Some items have a known answer, and answers are compared with those of other raters. This
is for judging how reliable the data are.

**How to withdraw.** Tell the organiser who gave you your login. You will then get no more items, and if you wish, all
your answers are left out of everything that is published from then on. What was published before cannot be called
back.

**What you may see.** The pictures are made by computers from prompts that people wrote. Most are harmless; some may be
strange or unpleasant. You may skip any of them.

By going on you say that you have read this, that you are an adult, and that you agree.
"""
"""The page of consent, in Markdown."""
