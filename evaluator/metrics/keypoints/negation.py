"""What a text denies: the words within reach of a negation (Chapman et al. 2001, NegEx).

>>> text = "无发热、咳嗽，不建议使用阿司匹林而应使用氯吡格雷"
>>> [text[start:stop] for start, stop in denied(text)]
['发热、咳嗽', '建议使用阿司匹林']
"""

from __future__ import annotations

import re

from evaluator.metrics.keypoints.clauses import Span

# Words that hold a negation's letters, or two negations, and deny nothing.
_HARMLESS = (
    r"不(?:得不|能不|可不|会不|无)|并?非没有|无不|没有不|不(?:能|可|宜|应)?(?:完全)?(?:排除|除外)|(?:无法|未能?)排除"
    r"|不(?:仅|但|只|光|论|管|同|断|久|少|止|够|过|禁|料|至于|如|妨|一定|一|必然|等(?=[，。,;；\s]|\Z)|约而同)"
    r"|不(?:适(?![合宜用当])|良|足|全|稳|明(?![显确])|清|均|匀|齐|整|畅|利|振|佳|宁|孕|育|寐|遂|规则|对称|典型|自主|随意|可逆|完全|平衡|耐受"
    r"|安|调|和|固|化|洁|通)"
    r"|无(?:论|力|创|菌|痛|水|偿|名|机|明显诱因|诱因|关紧要|瘤|性|症状|氧)"
    r"|未(?:闭|成年|婚|孕|来|分化|定|知|破|满|时)"
    r"|非(?:常|典型|甾体|小细胞|霍奇金|ST|洲|酒精|手术|处方|药物|特异|凡|阿片|胰岛素|诺|布|那|洛|索|尼)"
    r"|是否|能否|可否|与否|有无|否则|没关系|忌口|禁食|特别|差别|区别|级别|性别|鉴别|个别|分别|识别|辨别|别名|别人|除非|是非|莫非"
    r"|\b(?:not only|not just|not necessarily|no doubt|no longer than|no more than)\b"
    r"|\bcannot (?:be )?(?:exclude|rule)d?(?: out)?|\bnot (?:be )?ruled out\b|\bwhether or not\b"
)
_CUE = (
    r"否认|排除|除外|禁止|禁用|禁忌|避免|忌用|忌|勿|切莫|拒绝|杜绝|停用|停服|停掉|停止|缺乏依据|并无|并非|并未|并不"
    r"|不再|不曾|不|没有|没|未曾|未|无需|无须|毫无|无法|无|(?<![特差区级性鉴个分识辨类派道离告])别(?![名人的处致])|非"
    r"|\b(?:no|not|never|without|cannot|neither|nor|none|denie[sd]|denying|avoid(?:s|ed|ing)?|lacks?"
    r"|absence of|absent|negative for|free of|ruled? out|contraindicated|instead of|rather than)\b"
    r"|n['’]t\b"
)
_NEGATION = re.compile(rf"(?P<harmless>{_HARMLESS})|(?P<cue>{_CUE})", re.IGNORECASE)
# Where a negation's reach ends.
_END = re.compile(
    r"[，。；！？!?;\n]|\.(?=\s|$|[A-Z])"
    # A comma within a short list does not end it: no fever, chills, or cough.
    r"|,(?!\d)(?!\s?(?:or |and |nor )?[a-z-]{2,20}(?: [a-z-]{2,20})?\s?(?:[,.;]|$| or | and ))"
    r"|\band (?=can|may|is|are|should|will|has|have|does|do\b)"
    r"|但|而(?!且)|却|只(?:是|需|要|能)|(?<![不无未必])(?:应当?|须|建议(?=[改选用采继]))|改(?:为|用)|继续|可(?:以)?(?:改|选|使)用"
    r"|\b(?:but|however|although|though|because|since|if|when|unless|until|except|which|instead,?)\b",
    re.IGNORECASE,
)
# Verbs that say nothing by themselves: where only these follow, what stands before is denied.
_LIGHT = re.compile(
    r"(?:[\s的了过]|是|必须|可能性?|大|高|建议|推荐|主张|宜|应|能|可以?|需要?|必要?|使用|应用|服用|采用|选用|用药?|考虑|存在|发现|出现|进行|见到?|触及"
    r"|闻及|引出|检出|提示|支持|指征|依据|为主|be|used?|recommended|advised|needed|indicated|present|seen|found|evident)*",
    re.IGNORECASE,
)


def denied(text: str) -> list[Span]:
    """Return the parts of a text that a negation reaches, in order, none twice.

    A negation reaches to the end of its clause or to a turn (但, 而, but). Where nothing but a
    light verb follows (“阿司匹林不推荐使用”), it reaches back to the clause's beginning. What is
    denied twice (“不能不”, “不排除”) is not denied.
    """
    found: list[Span] = []
    begin = 0
    for negation in _NEGATION.finditer(text):
        if negation["harmless"] or (found and negation.start() < found[-1].stop):
            continue
        end = _END.search(text, negation.end())
        stop = end.start() if end else len(text)
        begin = max(begin, _clause_start(text, begin, negation.start()))
        light = _LIGHT.match(text, negation.end(), stop)
        backward = light is not None and light.end() == stop
        reach = Span(begin, negation.start()) if backward else Span(negation.end(), stop)
        found.append(reach)
        begin = stop
    return [reach for reach in found if reach.stop > reach.start]


def _clause_start(text: str, low: int, high: int) -> int:
    """Return where the clause that ends at `high` begins, at `low` at the earliest."""
    marks = max(text.rfind(mark, low, high) for mark in "，。；！？!?;\n,")
    return marks + 1
