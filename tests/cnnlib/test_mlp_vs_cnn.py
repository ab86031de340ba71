"""The stored race: it is complete, it says what the lecture says, and a slice of it comes out again."""

import json

import numpy as np
import pytest

from cnnlib import full_mnist, mlp_vs_cnn
from cnnlib.mlp_vs_cnn import PARTS, RATES, SEEDS, SHIFTS, SIZES, load_results, train_once

RESULTS = load_results()


def last(runs):
    return np.array([run[-1] for run in runs])


def test_every_part_is_there_with_three_seeds_each():
    assert list(RESULTS) == list(PARTS)
    assert {name: np.shape(runs) for name, runs in RESULTS["equal"].items()} == dict.fromkeys(("MLP", "CNN", "LeNet-5"), (3, 5))
    assert {np.shape(runs) for runs in RESULTS["shifted"].values()} == {(len(SEEDS), len(SHIFTS))}
    assert {size: len(runs) for size, runs in RESULTS["sizes"]["CNN"].items()} == {str(size): 3 for size in SIZES}


def test_parts_that_share_runs_agree():
    for name in ("MLP", "CNN"):
        assert np.array_equal(np.array(RESULTS["shifted"][name])[:, 0], last(RESULTS["equal"][name]))


def test_each_network_has_the_step_size_that_served_it_best():
    for name, tried in RESULTS["rates"].items():
        best = max(tried, key=tried.get)
        assert float(best) == RATES[name] and list(tried).index(best) not in (0, len(tried) - 1), "an optimum inside"


def test_the_sentences_of_the_lecture_hold():
    equal = {name: last(runs) for name, runs in RESULTS["equal"].items()}
    assert equal["CNN"].min() > equal["MLP"].max() + 0.015
    assert (1 - equal["CNN"]).mean() < 0.55 * (1 - equal["MLP"]).mean()
    assert 0 < last(RESULTS["longer"]["MLP"]).mean() - equal["MLP"].mean() < 0.01
    shifted = {name: np.mean(runs, axis=0) for name, runs in RESULTS["shifted"].items()}
    assert 0.25 < shifted["MLP"][0] - shifted["MLP"][2] < 0.27 and 0.06 < shifted["CNN"][0] - shifted["CNN"][2] < 0.07
    assert shifted["CNN, moved"][0] > 0.98 and shifted["CNN, moved"][4] > shifted["MLP, moved"][4] + 0.1
    permuted = {name: last(runs) for name, runs in RESULTS["permuted"].items()}
    assert abs(permuted["MLP"].mean() - equal["MLP"].mean()) < 0.005
    assert 0.085 < (equal["CNN"] - permuted["CNN"]).mean() < 0.1 and permuted["CNN"].max() < permuted["MLP"].min()
    sizes = RESULTS["sizes"]
    assert 0 < equal["MLP"].mean() - np.mean(sizes["CNN"]["1000"]) < 0.015
    assert min(sizes["CNN"]["3000"]) > equal["MLP"].max()
    assert 0.09 < np.mean(sizes["CNN"]["100"]) - np.mean(sizes["MLP"]["100"]) < 0.12


@pytest.mark.keras
@pytest.mark.parametrize(("name", "part", "options"), [
    pytest.param("MLP", "equal", {}, id="MLP"), pytest.param("CNN", "equal", {}, id="CNN"),
    pytest.param("CNN", "permuted", {"permuted": True}, id="CNN on shuffled digits")])
def test_the_first_pass_of_a_run_comes_out_again(name, part, options):
    _, curve = train_once(name, seed=0, stop=1, **options)
    assert curve == pytest.approx(RESULTS[part][name][0][:1], abs=0.025), "another processor adds in another order"


@pytest.mark.keras
def test_few_images_are_repeated_up_to_the_budget(monkeypatch):
    seen = {}
    monkeypatch.setattr(mlp_vs_cnn, "NETWORKS", {"MLP": lambda: "model"})
    monkeypatch.setattr(mlp_vs_cnn, "train_classifier", lambda model, images, labels, *rest, **options: seen.update(
        images=images, labels=labels) or [0.5])
    train_once("MLP", size=300, seed=2)
    assert len(seen["images"]) == 10_000
    different, counts = np.unique(seen["images"].reshape(10_000, -1), axis=0, return_counts=True)
    assert len(different) == 300 and counts.min() >= 33 and counts.max() <= 34


def test_the_command_measures_what_is_named_and_keeps_the_rest(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(mlp_vs_cnn, "RESULTS", tmp_path / "results.json")
    monkeypatch.setitem(PARTS, "longer", lambda: {"MLP": [[0.123456]]})
    mlp_vs_cnn.main(["--only", "longer"])
    assert json.loads((tmp_path / "results.json").read_text()) == {"longer": {"MLP": [[0.1235]]}}
    (tmp_path / "results.json").write_text(json.dumps({"longer": 1, "rates": 2}))
    mlp_vs_cnn.main(["--only", "longer"])
    assert list(json.loads((tmp_path / "results.json").read_text())) == ["rates", "longer"]
    assert "measuring longer" in capsys.readouterr().out


# --- the full MNIST ---------------------------------------------------------------------------------------------------

def test_the_stored_result_is_that_of_the_recipe_and_beats_99_09_percent():
    result = full_mnist.load_result()
    assert result["accuracy"] >= 0.9909 and result["errors"] == round((1 - result["accuracy"]) * 10_000)
    assert result["test_images"] == 10_000 and result["parameters"] == 18_378
    assert {name: result[name] for name in full_mnist.RECIPE} == full_mnist.RECIPE


@pytest.mark.keras
@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning")  # Keras's own
def test_the_recipe_runs_from_a_folder_and_keeps_the_network(tmp_path, monkeypatch, capsys):
    from cnnlib.mnist import load_mnist
    (x, y), (test_x, test_y) = load_mnist()
    monkeypatch.setattr(full_mnist, "load_mnist", lambda full, folder: ((x[:600], y[:600]), (test_x[:200], test_y[:200])))
    monkeypatch.setattr(full_mnist, "RESULT", tmp_path / "result.json")
    full_mnist.main(["--folder", "somewhere", "--passes", "2", "--save", str(tmp_path / "network.keras")])
    said, result = capsys.readouterr().out, json.loads((tmp_path / "result.json").read_text())
    assert f"{result['accuracy']:.2%} of 200 test digits right" in said and result["passes"] == 2
    assert result["errors"] < 120 and (tmp_path / "network.keras").is_file()
