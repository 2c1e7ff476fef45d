from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from models.records import CtcHead
from models.train.loss import Scale, consistency_loss, ctc_loss, regression_loss, scale_of

pytestmark = pytest.mark.train

PHONES = CtcHead("phones", 0, 4, 0, ("<blank>", "A", "B", "C"))
CHARACTERS = CtcHead("characters", 4, 3, 6, ("a", "b", "<blank>"))


def logits(rows: int = 3, frames: int = 9) -> torch.Tensor:
    torch.manual_seed(1)
    return torch.randn(rows, frames, 8, requires_grad=True)


def test_a_head_is_torchs_ctc_on_its_own_outputs_a_symbol() -> None:
    x, frames = logits(), torch.tensor([9, 6, 8])
    ours = ctc_loss(x, frames, PHONES, [(1, 2), (3,), (1, 1, 2)])
    theirs = functional.ctc_loss(
        functional.log_softmax(x[:, :, :4], -1).transpose(0, 1), torch.tensor([1, 2, 3, 1, 1, 2]), frames, torch.tensor([2, 1, 3]), reduction="sum"
    )
    assert ours.item() == pytest.approx(theirs.item() / 6)


def test_the_blank_is_the_heads_own_and_other_heads_outputs_do_not_matter() -> None:
    x, frames = logits(), torch.tensor([9, 6, 8])
    before = ctc_loss(x, frames, CHARACTERS, [(0, 1), (1,), ()])
    changed = x.detach().clone()
    changed[:, :, :4] = 7
    assert ctc_loss(changed, frames, CHARACTERS, [(0, 1), (1,), ()]).item() == pytest.approx(before.item())
    theirs = functional.ctc_loss(
        functional.log_softmax(x[:2, :, 4:7], -1).transpose(0, 1), torch.tensor([0, 1, 1]), frames[:2], torch.tensor([2, 1]), blank=2, reduction="sum"
    )
    assert before.item() == pytest.approx(theirs.item() / 3)


def test_one_sure_path_costs_nothing() -> None:
    x = torch.full((1, 3, 8), -50.0)
    for frame, symbol in enumerate((1, 0, 2)):
        x[0, frame, symbol] = 50
    assert ctc_loss(x, torch.tensor([3]), PHONES, [(1, 2)]).item() == pytest.approx(0, abs=1e-5)


def test_a_batch_without_targets_has_no_loss_but_a_gradient() -> None:
    x = logits()
    loss = ctc_loss(x, torch.tensor([9, 6, 8]), PHONES, [(), (), ()])
    loss.backward()
    assert loss.item() == 0
    assert x.grad is not None
    assert not x.grad.any()


def test_what_cannot_be_aligned_is_left_out_and_padding_is_not_heard() -> None:
    x, frames = logits(), torch.tensor([9, 2, 8])
    loss = ctc_loss(x, frames, PHONES, [(1, 2), (1, 1), (3,)])
    loss.backward()
    assert torch.isfinite(loss)
    assert x.grad is not None
    assert not x.grad[1].any()
    assert not x.grad[2, 8:].any()


def test_states_that_agree_cost_nothing_and_loud_dimensions_weigh_alike() -> None:
    torch.manual_seed(2)
    theirs = torch.randn(2, 5, 5) * torch.tensor([1.0, 1.0, 1.0, 10.0, 100.0])
    scale = scale_of(theirs.reshape(-1, 5))
    frames = torch.tensor([5, 3])
    assert regression_loss(theirs, theirs, frames, scale).item() == 0
    costs = [regression_loss(theirs + shift, theirs, frames, scale).item() for shift in torch.diag(scale.deviation)]
    assert costs == pytest.approx([0.5 / 5] * 5)


def test_frames_behind_a_rows_end_do_not_count() -> None:
    theirs, scale = torch.zeros(2, 5, 3), Scale(torch.zeros(3), torch.ones(3))
    ours = torch.zeros(2, 5, 3)
    ours[1, 3:] = 9
    assert regression_loss(ours, theirs, torch.tensor([5, 3]), scale).item() == 0
    assert regression_loss(ours, theirs, torch.tensor([5, 4]), scale).item() > 0
    assert regression_loss(ours, theirs, torch.tensor([0, 0]), scale).item() == 0


def test_a_dimension_that_never_changes_does_not_divide_by_zero() -> None:
    assert torch.isfinite(scale_of(torch.ones(10, 3)).deviation.reciprocal()).all()


def test_quiet_dimensions_weigh_as_the_median_one_does_and_not_more() -> None:
    torch.manual_seed(3)
    theirs = torch.randn(1, 400, 5) * torch.tensor([1e-4, 0.1, 2.0, 4.0, 40.0])
    scale = scale_of(theirs[0])
    deviation = theirs[0].std(0)
    assert torch.equal(scale.deviation, deviation.clamp(min=float(deviation[2])))
    costs = [regression_loss(theirs + 0.1 * shift, theirs, torch.tensor([400]), scale).item() for shift in torch.eye(5)]
    assert costs[:3] == pytest.approx([costs[2]] * 3, rel=1e-3)
    assert costs[2] > costs[3] > costs[4]


def test_consistency_is_the_divergence_to_the_other_view_and_pulls_both_together() -> None:
    x, frames = logits(4), torch.tensor([9, 5, 9, 5])
    loss = consistency_loss(x, frames, [PHONES])
    log_probs = functional.log_softmax(x[..., :4], -1)
    pairs = [(0, 2), (2, 0), (1, 3), (3, 1)]
    expected = sum(
        functional.kl_div(log_probs[row, : frames[row]], log_probs[other, : frames[row]], reduction="sum", log_target=True) for row, other in pairs
    )
    assert loss.item() == pytest.approx(expected.item() / 28)
    loss.backward()
    assert x.grad is not None
    assert not x.grad[1, 5:].any()
    with torch.no_grad():
        assert consistency_loss(x - 0.5 * x.grad * 28, frames, [PHONES]) < loss


def test_views_that_are_heard_alike_cost_nothing() -> None:
    x = logits(2).repeat(2, 1, 1)
    assert consistency_loss(x, torch.tensor([9, 6, 9, 6]), [PHONES, CHARACTERS]).item() == pytest.approx(0, abs=1e-6)
