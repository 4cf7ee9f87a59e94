"""The table of times, from Snakemake's benchmark files."""

import os

from machinery.timings import time_table


def test_time_table(tmp_path):
    folder = tmp_path / "benchmarks" / "train"
    folder.mkdir(parents=True)
    for name, seconds in (("a", 2.0), ("b", 3.5)):
        (folder / f"{name}.tsv").write_text(f"s\tmax_rss\n{seconds}\t100.0\n")
    assert "5.5" in time_table(tmp_path) and "3.5" in time_table(tmp_path)
    assert time_table(tmp_path / "none") == "No job was timed."


def test_jobs_of_earlier_runs_are_not_in_it(tmp_path):
    folder = tmp_path / "benchmarks"
    folder.mkdir()
    for name, ended in (("train", 1000), ("decode", 2000)):
        (folder / f"{name}.tsv").write_text("s\tmax_rss\n2.0\t100.0\n")
        os.utime(folder / f"{name}.tsv", (ended, ended))
    table = time_table(tmp_path, since=1500)
    assert "decode" in table and "train" not in table


def test_benchmarks_that_a_full_disk_cut_off_are_passed_over(tmp_path):
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "a.tsv").write_text("s\tmax_rss\n1.5\t20\n")
    (tmp_path / "benchmarks" / "b.tsv").touch()
    (tmp_path / "benchmarks" / "c.tsv").write_text("s\th:m")
    assert "1.5" in time_table(tmp_path)
