"""Prompts of a benchmark: where they come from, how they are chosen, and templates that make new ones."""

from evalmuse_hf.prompts.filters import Dropped, Filtered, filter_prompts
from evalmuse_hf.prompts.label_table import LabelColumn, LabelTable
from evalmuse_hf.prompts.prompt_sources import SOURCES, SourcePrompt, read_prompts
from evalmuse_hf.prompts.quotas import Bin, FeatureQuota, Quota
from evalmuse_hf.prompts.sampling import Sample, sample
from evalmuse_hf.prompts.sampling_options import SamplingOptions
from evalmuse_hf.prompts.sampling_report import sample_record
from evalmuse_hf.prompts.synthetic import FAMILIES, synthesize

__all__ = [
    "FAMILIES",
    "SOURCES",
    "Bin",
    "Dropped",
    "FeatureQuota",
    "Filtered",
    "LabelColumn",
    "LabelTable",
    "Quota",
    "Sample",
    "SamplingOptions",
    "SourcePrompt",
    "filter_prompts",
    "read_prompts",
    "sample",
    "sample_record",
    "synthesize",
]
