"""Kernels for the CPU, compiled by numba: the entries of this device, loaded when first used."""

import lazy_loader

from .base import elementary  # noqa: F401  stands for plain functions: before any kernel compiles

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "base.pace": ["Pace", "always"],
        "base.plan": [
            "BLOCK_ROWS",
            "StateAndResponse",
            "WORTH_THREADS",
            "empty_planes",
            "flops",
            "for_workers",
            "jet_workspace",
            "network_plan",
            "partial_sums",
            "point",
            "tangent",
            "workspace",
        ],
        "base.threads": ["allowed", "forked", "limited", "most", "worthwhile"],
        "derivative.curvature": ["actions", "response"],
        "derivative.jet": ["loss_jet", "pushforward"],
        "derivative.point": ["state_at"],
        "derivative.third": ["third_actions"],
        "diagonal.buffers": ["diagonal_buffers", "push"],
        "diagonal.diagonal": ["hessian_diagonal"],
        "diagonal.neurons": ["collect", "neuron_derivatives"],
        "flow.dormand_prince": ["dense"],
        "flow.flow": ["integrate_flow"],
        "flow.integrate": ["integrator"],
        "flow.on_branches": [
            "accept_step",
            "first_crossing",
            "integrate_on_branches",
            "rate_on_branches",
            "see_pre_activations",
        ],
        "flow.rates": ["rate"],
        "members.advance": ["advance_members"],
        "members.work": ["lanes_of", "members_work"],
        "motion.analytic": ["analytic_differential", "analytic_jet"],
        "motion.own": ["is_machine_code", "own_function"],
        "motion.shuffle": ["shuffle"],
        "motion.steps": ["advance", "step_with_memory"],
        "network.differential": ["differential", "forward", "from_planes", "planes_of", "pullback"],
        "planes.plan": ["complex_plan"],
        "states.covector": ["states_covector"],
        "states.relax": ["drive_states", "relax_states"],
        "states.solve": ["solve_states"],
        "states.work": ["states_work"],
    },
)
