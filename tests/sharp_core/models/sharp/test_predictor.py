import numpy as np
import pytest
import torch

from schemas.errors import UsageError, WeightsDamagedError
from sharp_core.models.interface import Predictor, PredictorInput
from sharp_core.models.sharp.predictor import SharpPredictor
from sharp_core.models.two_layer.ndc_to_metric import Shapes, covariances
from sharp_core.scene.gaussians import Gaussians
from tests.support import stand_in


def photo_of(height: int, width: int, salt: str = "dev") -> PredictorInput:
    return PredictorInput(stand_in.photo(height, width, salt), 0.8 * width)


def relative_error(found: torch.Tensor, expected: torch.Tensor) -> float:
    norm = torch.linalg.vector_norm
    return float(norm(found.double() - expected.double()) / norm(expected.double()))


def assert_same(found: Gaussians, expected: Gaussians) -> None:
    for name in ("means", "opacities", "colors"):
        assert relative_error(getattr(found, name), getattr(expected, name)) < 1e-5
    shapes = [covariances(Shapes(s.quats.double(), s.scales.double())) for s in (found, expected)]
    assert relative_error(*shapes) < 1e-4


def test_the_scene_of_a_photo_matches_the_recording(predictor):
    recorded = {
        name: torch.from_numpy(value)
        for name, value in np.load(stand_in.NETWORK_DATA / "tiny.npz").items()
    }
    height, width = recorded["photo_hw"].tolist()
    photo = PredictorInput(stand_in.photo(height, width), float(recorded["f_px"]))
    (scene,) = predictor.predict([photo])
    scene.check()
    at = recorded["index"]
    assert relative_error(scene.means[at], recorded["gaussians_mean_vectors"]) < 1e-5
    assert relative_error(scene.colors[at], recorded["gaussians_colors"]) < 1e-5
    assert relative_error(scene.opacities[at], recorded["gaussians_opacities"]) < 1e-5
    found = covariances(Shapes(scene.quats[at].double(), scene.scales[at].double()))
    expected = covariances(
        Shapes(
            recorded["gaussians_quaternions"].double(),
            recorded["gaussians_singular_values"].double(),
        )
    )
    assert relative_error(found, expected) < 1e-5


def test_results_do_not_depend_on_the_batch(predictor):
    photos = [photo_of(300, 500), photo_of(500, 300, "b"), photo_of(64, 64, "c")]
    predictor.batch_size = 2
    together = predictor.predict(photos)
    predictor.batch_size = 1
    for scene, photo in zip(together, photos, strict=True):
        assert_same(scene, predictor.predict([photo])[0])


def test_no_photos_give_no_scenes(predictor):
    assert predictor.predict([]) == []


def test_flipped_and_read_only_arrays_are_accepted(predictor):
    photo = photo_of(64, 96)
    flipped = np.rot90(photo.pixels, 2)
    locked = np.ascontiguousarray(flipped)
    locked.flags.writeable = False
    first, second = predictor.predict([photo._replace(pixels=p) for p in (flipped, locked)])
    assert_same(first, second)


def test_a_longer_focal_length_moves_the_scene_away(predictor):
    photo = photo_of(300, 400)
    near, far = predictor.predict([photo, photo._replace(focal_px=2 * photo.focal_px)])
    torch.testing.assert_close(far.means[:, 2], 2 * near.means[:, 2], rtol=1e-3, atol=0.0)
    torch.testing.assert_close(far.means[:, :2], near.means[:, :2], rtol=1e-3, atol=1e-3)


def refuse_more_than(predictor: SharpPredictor, limit: int) -> list[int]:
    """Have the network run out of memory beyond `limit` photos; return the batches it sees."""
    network, seen = predictor._run, []

    def run(images, factors):
        seen.append(len(images))
        if len(images) > limit:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return network(images, factors)

    predictor._run = run
    return seen


def test_the_batch_size_is_halved_when_memory_runs_out(predictor):
    photos = [photo_of(64, 64, salt) for salt in "abc"]
    expected = predictor.predict(photos)
    seen = refuse_more_than(predictor, 1)
    predictor.batch_size = 8
    for scene, alone in zip(predictor.predict(photos), expected, strict=True):
        assert_same(scene, alone)
    assert seen == [3, 2, 1, 1, 1]
    assert predictor.batch_size == 1


def test_small_batches_of_a_compiled_network_are_padded(predictor):
    """Compiling is left out here; what it is given is the same."""
    predictor.compiled, predictor.batch_size = "kernels", 4
    photos = [photo_of(64, 64, salt) for salt in "abc"]
    expected = predictor.predict(photos)
    seen = refuse_more_than(predictor, 2)
    (scene,) = predictor.predict(photos[:1])
    assert_same(scene, expected[0])
    assert seen == [3, 1]
    for scene, alone in zip(predictor.predict(photos), expected, strict=True):
        assert_same(scene, alone)
    assert seen == [3, 1, 2, 2]


def test_a_photo_that_does_not_fit_raises_memory_error(predictor):
    refuse_more_than(predictor, 0)
    with pytest.raises(MemoryError, match="not enough memory on cpu for one photo"):
        predictor.predict([photo_of(64, 64)])


def test_other_errors_do_not_count_as_out_of_memory(predictor):
    def run(images, factors):
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    predictor._run, predictor.batch_size = run, 8
    with pytest.raises(RuntimeError, match="shapes"):
        predictor.predict([photo_of(64, 64)] * 2)
    assert predictor.batch_size == 8


@pytest.mark.parametrize(
    ("dtype", "means", "shapes"),
    [("bf16", 2e-3, 0.1), pytest.param("fp16", 2e-4, 0.02, marks=pytest.mark.slow)],
)
def test_narrow_dtypes_have_small_errors(checkpoint, predictor, dtype, means, shapes):
    """Eight and eleven bits a number; shapes hang on the network's small corrections."""
    photo = photo_of(300, 400)
    (exact,) = predictor.predict([photo])
    (scene,) = SharpPredictor.load(checkpoint, "tiny", dtype=dtype).predict([photo])
    assert relative_error(scene.means, exact.means) < means
    found, expected = (covariances(Shapes(s.quats, s.scales)) for s in (scene, exact))
    assert relative_error(found, expected) < shapes


def test_it_is_a_predictor_and_named_by_its_weights(tmp_path, checkpoint, predictor):
    as_interface: Predictor = predictor
    torch.save(stand_in.weights("tiny", "other"), tmp_path / "other.pt")
    other = SharpPredictor.load(tmp_path / "other.pt", "tiny")
    assert as_interface.name == "sharp"
    assert as_interface.fingerprint != other.fingerprint
    assert SharpPredictor.load(checkpoint, "tiny").fingerprint == as_interface.fingerprint


def test_the_weights_of_another_preset_are_refused(checkpoint):
    with pytest.raises(WeightsDamagedError, match="another network"):
        SharpPredictor.load(checkpoint, "sharp")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")  # by torch's own compiler
def test_a_compiled_network_gives_the_same_result(checkpoint, predictor):
    photos = [photo_of(300, 400), photo_of(64, 64, "b")]
    by = SharpPredictor.load(checkpoint, "tiny", dtype="fp32", batch_size=2, compiled="kernels")
    scenes = [*by.predict(photos), *by.predict(photos[:1])]
    for scene, photo in zip(scenes, [*photos, photos[0]], strict=True):
        assert_same(scene, predictor.predict([photo])[0])


def test_a_missing_compiler_is_reported_before_the_first_photo(checkpoint, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("Failed to find a C++ compiler\nand a long story")

    monkeypatch.setattr(torch, "compile", lambda *_, **__: fail)
    with pytest.raises(UsageError, match=r"--compile: .*: Failed to find a C\+\+ compiler$"):
        SharpPredictor.load(checkpoint, "tiny", compiled="kernels")


@pytest.mark.gpu
@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")  # by torch's own compiler
@pytest.mark.parametrize("compiled", ["kernels", "graphs"])
def test_a_compiled_network_on_a_gpu_gives_the_same_result(checkpoint, predictor, compiled):
    photos = [photo_of(300, 400), photo_of(400, 300, "b"), photo_of(64, 64, "c")]
    on_gpu = SharpPredictor.load(
        checkpoint, "tiny", device="cuda", dtype="fp32", batch_size=2, compiled=compiled
    )
    # Twice, as graphs are replayed from the second run on, over the memory of the one before.
    for scenes in (on_gpu.predict(photos), on_gpu.predict(photos)):
        for scene, expected in zip(scenes, predictor.predict(photos), strict=True):
            assert_same(scene.to("cpu"), expected)


@pytest.mark.gpu
@pytest.mark.parametrize("dtype", ["fp32", "tf32", "bf16", "fp16"])
def test_a_gpu_gives_the_same_result_as_the_cpu(checkpoint, predictor, dtype):
    photos = [photo_of(300, 400), photo_of(400, 300, "b")]
    on_gpu = SharpPredictor.load(checkpoint, "tiny", device="cuda", dtype=dtype, batch_size=2)
    limits = {"fp32": 1e-5, "tf32": 2e-3, "bf16": 2e-3, "fp16": 1e-3}
    scenes = zip(on_gpu.predict(photos), predictor.predict(photos), strict=True)
    for scene, expected in scenes:
        assert scene.means.device.type == "cuda"
        assert relative_error(scene.means.cpu(), expected.means) < limits[dtype]
