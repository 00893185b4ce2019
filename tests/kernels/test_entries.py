"""Which test compares each kernel that Python calls: with a naive twin or a closed form.

Its two searches of a flow's kinks alone, with the same flow at a finer tolerance.
"""

import ast

import pytest
from checkout import TESTS
from numba.core.dispatcher import Dispatcher

from flownet.kernels import cpu

#: entry to the file and the test
COMPARED = {
    "accept_step": "long_kinked_flow::slides_in_several_layers_come_to_an_end",
    "actions": "hessian::actions_against_dense_matrices",
    "add_ends": "resistive::sums_and_bounds_of_conductances",
    "add_thermal_noise": "heat::noise_is_philox_through_box_and_muller",
    "advance": "motion::descent_against_naive_and_stored_pytorch",
    "advance_members": "members::losses",
    "analytic_differential": "analytic::differential_and_jet_are_those_of_the_formula",
    "analytic_jet": "analytic::differential_and_jet_are_those_of_the_formula",
    "christoffel_at": "natural_charts::christoffel_symbols_of_the_first_kind",
    "collect": "diagonals::diagonals_against_polarised_jets",
    "dense": "kinked_flow::slide_in_closed_form",
    "differential": "model::against_naive",
    "drive_states": "relaxation::state_is_stationary_and_its_energy_least",
    "first_crossing": "long_kinked_flow::kinks_that_are_met_together",
    "exact_states": "relaxation::phases_in_one_call_are_those_one_by_one",
    "flow_states": "state_flow::flow_of_the_hard_sigmoid_is_the_program_of_2017",
    "forward": "model::against_naive",
    "from_planes": "complex::against_the_network_of_pairs",
    "hessian_diagonal": "diagonals::diagonals_against_polarised_jets",
    "hold_conductances": "resistive::sums_and_bounds_of_conductances",
    "integrate_flow": "flow::against_scipy_on_digits",
    "integrate_on_branches": "kinked_flow::against_a_flow_that_locates_every_kink",
    "learn_states": "relaxation::phases_in_one_call_are_those_one_by_one",
    "loss_jet": "jets::six_orders_against_mpmath",
    "neuron_derivatives": "splits::terms_by_parameters_against_dense_tensors",
    "orbits_adjoint": "orbits::compiled_orbits_are_those_of_numpy",
    "orbits_back": "orbits::compiled_orbits_are_those_of_numpy",
    "orbits_forth": "orbits::compiled_orbits_are_those_of_numpy",
    "planes_of": "complex::against_the_network_of_pairs",
    "pull_at": "jacobian::the_jacobian_and_the_tangent_kernel",
    "pull_to_units": "gauss_newton::products_against_the_naive_twin",
    "pullback": "model::pullback_is_the_adjoint_of_pushforward",
    "push_at": "jacobian::the_jacobian_and_the_tangent_kernel",
    "pushforward": "model::against_naive",
    "rate": "flow::a_field_and_a_program_of_ones_own",
    "rate_on_branches": "kinked_flow::against_a_flow_that_locates_every_kink",
    "relax_states": "relaxation::state_is_stationary_and_its_energy_least",
    "response": "hessian::actions_against_dense_matrices",
    "see_pre_activations": "kinked_flow::against_a_flow_that_locates_every_kink",
    "shuffle": "batches::the_order_is_the_one_of_the_twin",
    "solve_states": "equilibrium::exact_covector_is_that_of_differences",
    "state_at": "hessian::actions_against_dense_matrices",
    "states_covector": "equilibrium::exact_covector_is_that_of_differences",
    "step_with_memory": "mechanics::finite_steps",
    "straight_actions": "gauss_newton::products_against_the_naive_twin",
    "sum_conductances": "resistive::sums_and_bounds_of_conductances",
    "third_actions": "hessian::actions_against_polarised_jets",
}

#: entries that are compiled in parts: of the potential, of the rule, and a loop once for all
BINDING = {"advance", "integrate_flow"}


def test_every_entry_is_compared():
    compiled = {name for name in cpu.__all__ if isinstance(getattr(cpu, name), Dispatcher)}
    assert compiled | BINDING == COMPARED.keys()


@pytest.mark.parametrize("test", sorted(set(COMPARED.values())))
def test_what_compares_is_there(test):
    file, name = test.split("::")
    tree = ast.parse(next(TESTS.rglob(f"test_{file}.py")).read_text(encoding="utf-8"))
    assert f"test_{name}" in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
