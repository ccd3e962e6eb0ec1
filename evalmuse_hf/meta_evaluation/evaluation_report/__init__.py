"""The report of an evaluation: tables, plots and pictures, laid out as one document."""

from evalmuse_hf.meta_evaluation.evaluation_report.evaluation_document import make_evaluation_document
from evalmuse_hf.meta_evaluation.evaluation_report.picture_files import pictures_in_dataset, pictures_in_folder
from evalmuse_hf.meta_evaluation.evaluation_report.worst_pairs import ReadPicture, WorstPair, worst_pairs

__all__ = [
    "ReadPicture",
    "WorstPair",
    "make_evaluation_document",
    "pictures_in_dataset",
    "pictures_in_folder",
    "worst_pairs",
]
