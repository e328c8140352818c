"""What the turn filters make of Chinese as people say it."""

import pytest

from manifests.errors import RejectedError
from manifests.records import Role
from stages.dialogues.cleaning import clean
from stages.dialogues.config import FiltersConfig
from stages.dialogues.filters import check_turn

CONFIG = FiltersConfig()

EVERYDAY = [
    "嗯。",
    "我也是。",
    "好的，好的。",
    "谢谢，谢谢。",
    "对对对，就是这个。",
    "不不不，我不是这个意思。",
    "好好好，知道了。",
    "哈哈哈哈，你太逗了！",
    "慢慢来，不着急。",
    "真的假的？",
    "“再见”怎么说？",
    "等一下……让我想想。",
    "我想——",
    "一共¥128.50。",
    "今天25℃。",
    "我住在A座1203室。",
    "那是二〇二四年的事。",
    "我爱你❤️。",
    "请按1️⃣。",
    "我想在客厅里放一张2×3米的地毯，颜色最好是浅灰色的，你有什么推荐吗？",
]

UNUSABLE = [
    ("loop", "哈哈哈哈哈哈哈哈。"),
    ("loop", "我想去商店，我想去商店，我想去商店。"),
    ("broken_off", "明天早上九点"),
    ("role_confusion", "作为一个人工智能，我没有味觉。"),
]


@pytest.mark.parametrize("role", ["user", "assistant"])
@pytest.mark.parametrize("text", EVERYDAY)
def test_everyday_chinese_passes_every_filter(text: str, role: Role):
    check_turn(role, clean(text), CONFIG, must_end=True)


@pytest.mark.parametrize(("reason", "text"), UNUSABLE)
def test_unusable_chinese_is_refused_for_its_own_reason(reason: str, text: str):
    with pytest.raises(RejectedError) as refused:
        check_turn("assistant", clean(text), CONFIG, must_end=True)
    assert refused.value.reason == reason


def test_signs_of_degrees_are_kept_and_signs_of_variants_dropped():
    assert clean("今天25℃，❤️1️⃣") == "今天25°C，1"
