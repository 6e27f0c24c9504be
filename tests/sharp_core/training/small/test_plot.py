import json

from PIL import Image

from sharp_core.training.small.plot import plot_log


def test_a_log_with_gaps_is_drawn(tmp_path):
    scores = {"spearman": 0.5, "ordered_pairs": 0.7, "error": 0.2}
    nothing = dict.fromkeys(scores)
    records = [
        {"step": 20, "total": 2.0, "depth": 0.5},
        {"step": 30, "validation": {"measured": scores, "held_out": scores, "scenes": nothing}},
        {"step": 40, "total": 1.0, "depth": 0.4},
    ]
    log = tmp_path / "log.jsonl"
    log.write_text("\n".join(json.dumps(record) for record in records))
    plot_log(log, tmp_path / "plot.png")
    with Image.open(tmp_path / "plot.png") as image:
        assert image.width == 900
        assert len(image.getcolors(10**6)) > 5
