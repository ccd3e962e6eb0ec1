"""The paper behind the protocol, as BibTeX for the cards of metrics and data sets."""

CITATION = """\
@article{han2024evalmuse,
  title   = {EvalMuse-40K: A Reliable and Fine-Grained Benchmark with Comprehensive Human Annotations for
             Text-to-Image Generation Model Evaluation},
  author  = {Han, Shuhao and Fan, Haotian and Fu, Jiachen and Li, Liang and Li, Tao and Cui, Junhui and
             Wang, Yunqiu and Tai, Yang and Sun, Jingwei and Guo, Chun-Le and Li, Chongyi},
  journal = {arXiv preprint arXiv:2412.18150},
  year    = {2024},
  url     = {https://huggingface.co/papers/2412.18150}
}
"""
