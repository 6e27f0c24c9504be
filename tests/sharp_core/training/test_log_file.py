from sharp_core.training.log_file import LOG, append_record, drop_records_after, read_records


def test_records_after_a_checkpoint_and_half_lines_are_dropped(tmp_path):
    for step in (1, 2, 3):
        append_record(tmp_path, {"step": step, "loss": 0.5})
    with (tmp_path / LOG).open("a") as file:
        file.write('{"step": 4, "lo')  # killed here
    assert [record["step"] for record in read_records(tmp_path)] == [1, 2, 3]
    drop_records_after(tmp_path, 2)
    append_record(tmp_path, {"step": 3, "loss": 0.4})
    records = read_records(tmp_path)
    assert [record["step"] for record in records] == [1, 2, 3]
    assert records[-1]["loss"] == 0.4


def test_a_new_run_has_no_log_to_clean(tmp_path):
    drop_records_after(tmp_path, 0)
    assert not (tmp_path / LOG).exists()
    assert read_records(tmp_path) == []
