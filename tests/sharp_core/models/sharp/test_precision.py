import pytest
import torch

from sharp_core.models.sharp.precision import dtype_of, resolve_precision, torch_precision


def tf32_settings():
    return torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32


def test_an_explicit_precision_is_used():
    for asked in ("fp32", "tf32", "bf16", "fp16"):
        assert resolve_precision(asked, torch.device("cpu")) == asked


def test_auto_uses_bfloat16_on_a_cpu_with_native_support():
    flags = torch.cpu.get_capabilities()
    native = flags.get("avx512_bf16", False) or flags.get("amx_bf16", False)
    assert resolve_precision("auto", torch.device("cpu")) == ("bf16" if native else "fp32")


def test_tf32_is_enabled_only_on_request():
    before = tf32_settings()
    for precision, expected in (("tf32", True), ("fp32", False), ("bf16", False)):
        with torch_precision(precision):
            assert tf32_settings() == (expected, expected)
        assert tf32_settings() == before


def test_settings_are_restored_after_an_error():
    before = tf32_settings()
    with pytest.raises(ZeroDivisionError), torch_precision("tf32"):
        _ = 1 / 0
    assert tf32_settings() == before


def test_tf32_is_float32_in_memory():
    assert dtype_of("tf32") == dtype_of("fp32") == torch.float32
