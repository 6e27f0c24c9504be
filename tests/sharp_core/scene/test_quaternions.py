import torch

from sharp_core.scene.quaternions import matrices_to_quats, rotation_matrices


def test_matrices_are_rotations_whatever_the_length():
    quats = torch.randn(20, 4, dtype=torch.float64)
    rotations = rotation_matrices(quats)
    identity = torch.eye(3, dtype=torch.float64).expand(20, 3, 3)
    torch.testing.assert_close(rotations @ rotations.mT, identity)
    assert (torch.linalg.det(rotations) > 0).all()
    torch.testing.assert_close(rotation_matrices(-3 * quats), rotations)


def test_half_a_right_angle_about_z_turns_x_towards_y():
    quat = torch.tensor([[0.9238795325, 0.0, 0.0, 0.3826834324]], dtype=torch.float64)
    turned = rotation_matrices(quat)[0] @ torch.tensor([1.0, 0.0, 0.0], dtype=torch.float64)
    expected = torch.tensor([0.5, 0.5, 0.0], dtype=torch.float64).sqrt()
    torch.testing.assert_close(turned, expected)


def test_matrices_give_their_quaternions_back():
    quats = torch.nn.functional.normalize(
        torch.cat((torch.randn(100, 4, dtype=torch.float64), torch.eye(4, dtype=torch.float64))),
        dim=1,
    )
    back = matrices_to_quats(rotation_matrices(quats))
    assert ((back * quats).sum(dim=1).abs() - 1).abs().max() < 1e-12
