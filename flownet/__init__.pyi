from . import data as data, equilibrium as equilibrium, testing as testing
from ._errors import FlownetError as FlownetError
from ._version import __version__ as __version__
from .data import Dataset as Dataset
from .desk import Experiment as Experiment, plot as plot
from .ensemble._box import Box as Box
from .ensemble._dimension import BoxDimension as BoxDimension, box_dimension as box_dimension
from .ensemble.attractors import (
    Bifurcation as Bifurcation,
    PeriodDoubling as PeriodDoubling,
    bifurcation as bifurcation,
    period_doubling as period_doubling,
)
from .ensemble.sweeps import Sweep as Sweep, sweep as sweep
from .equilibrium import (
    GDU as GDU,
    Agnostic as Agnostic,
    AsymmetricHopfield as AsymmetricHopfield,
    Circuit as Circuit,
    ComplexHopfield as ComplexHopfield,
    Contour as Contour,
    Contrastive as Contrastive,
    CoupledLearning as CoupledLearning,
    Echo as Echo,
    Equilibrium as Equilibrium,
    Hopfield as Hopfield,
    Ising as Ising,
    LeastAction as LeastAction,
    NeuralForce as NeuralForce,
    OneSided as OneSided,
    Oscillators as Oscillators,
    RandomSign as RandomSign,
    Resistive as Resistive,
    Richardson as Richardson,
    Symmetric as Symmetric,
    Thermal as Thermal,
    Verlet as Verlet,
    gdu as gdu,
)
from .geometry.charges import ChargeDrift as ChargeDrift, Charges as Charges, charges as charges
from .geometry.curvature import (
    Eigenpairs as Eigenpairs,
    Inertia as Inertia,
    SpectralDensity as SpectralDensity,
    eigenpairs as eigenpairs,
    index as index,
    inertia as inertia,
    lanczos as lanczos,
    metric_hessian as metric_hessian,
    sharpness as sharpness,
    spectral_density as spectral_density,
)
from .geometry.metric import (
    CoupledMetric as CoupledMetric,
    DiagonalMetric as DiagonalMetric,
    Euclidean as Euclidean,
    FisherMetric as FisherMetric,
    GaussNewtonMetric as GaussNewtonMetric,
    GroupMetric as GroupMetric,
    LayerMetric as LayerMetric,
    Metric as Metric,
    PulledBack as PulledBack,
    Raised as Raised,
    TimedMetric as TimedMetric,
    path_length as path_length,
    speed as speed,
    step_speed as step_speed,
)
from .geometry.noise import GradientNoise as GradientNoise, noise as noise
from .geometry.norm import (
    BlockNorm as BlockNorm,
    CoordinateNorm as CoordinateNorm,
    Norm as Norm,
    NormSharpness as NormSharpness,
    SignNorm as SignNorm,
    SpectralNorm as SpectralNorm,
    norm_sharpness as norm_sharpness,
    polar as polar,
)
from .kernels.scalar.activation import ACTIVATIONS as ACTIVATIONS
from .kernels.scalar.pair import COMPLEX_ACTIVATIONS as COMPLEX_ACTIVATIONS
from .linearization.breakdown import Breakdown as Breakdown, breakdown as breakdown
from .linearization.departure import (
    ActionGap as ActionGap,
    Curl as Curl,
    Departure as Departure,
    Rod as Rod,
    action_gap as action_gap,
    curl as curl,
    curve_distance as curve_distance,
    departure as departure,
    departure_power as departure_power,
    rod as rod,
)
from .linearization.evidence import (
    Evidence as Evidence,
    LearningCoefficient as LearningCoefficient,
    evidence as evidence,
    learning_coefficient as learning_coefficient,
)
from .linearization.exits import (
    Comparison as Comparison,
    CriticalPoint as CriticalPoint,
    Exits as Exits,
    ExitSteps as ExitSteps,
    compare_minima as compare_minima,
    exit_step as exit_step,
    exits as exits,
    minimum as minimum,
)
from .linearization.landscape import (
    Band as Band,
    Census as Census,
    Connectedness as Connectedness,
    Curve as Curve,
    band as band,
    census as census,
    chance_of_minimum as chance_of_minimum,
    connectedness as connectedness,
    curve as curve,
    spare_path as spare_path,
)
from .linearization.tangent import Lyapunov as Lyapunov, lyapunov as lyapunov
from .model.chart import (
    Chart as Chart,
    Charted as Charted,
    Phases as Phases,
    Rescaling as Rescaling,
    Sinh as Sinh,
    WeightNormalisation as WeightNormalisation,
)
from .model.exchange import (
    from_onnx as from_onnx,
    from_safetensors as from_safetensors,
    to_onnx as to_onnx,
    to_safetensors as to_safetensors,
)
from .model.network import Network as Network
from .model.potential import (
    UV as UV,
    CrossEntropy as CrossEntropy,
    CustomPotential as CustomPotential,
    DoubleWell as DoubleWell,
    Parabola as Parabola,
    Potential as Potential,
    Quadratic as Quadratic,
    Quartic as Quartic,
    real_view as real_view,
)
from .motion.along import (
    AdaptiveMetric as AdaptiveMetric,
    RollingForce as RollingForce,
    adaptive_metric as adaptive_metric,
    in_W as in_W,
    rolling_force as rolling_force,
)
from .motion.central import CentralFlow as CentralFlow, central_flow as central_flow
from .motion.damped import LevenbergMarquardt as LevenbergMarquardt, NewtonCG as NewtonCG
from .motion.flow import (
    Central as Central,
    Geodesic as Geodesic,
    Modified as Modified,
    Principal as Principal,
    flow as flow,
    geodesic as geodesic,
)
from .motion.loops import (
    Pretraining as Pretraining,
    RungeKutta as RungeKutta,
    go_on as go_on,
    pretrain as pretrain,
    resume as resume,
    states as states,
    train as train,
)
from .motion.mechanics import (
    SAM as SAM,
    Adam as Adam,
    AdamW as AdamW,
    Aristotle as Aristotle,
    Chain as Chain,
    Constant as Constant,
    Cosine as Cosine,
    Exponential as Exponential,
    Langevin as Langevin,
    Linearity as Linearity,
    LossRate as LossRate,
    Muon as Muon,
    Nesterov as Nesterov,
    Newton as Newton,
    Normalized as Normalized,
    OneCycle as OneCycle,
    Piecewise as Piecewise,
    Polynomial as Polynomial,
    RMSProp as RMSProp,
    ScalarRMSProp as ScalarRMSProp,
    Schedule as Schedule,
    ScheduledMetric as ScheduledMetric,
    Tabulated as Tabulated,
    ThierryMieg as ThierryMieg,
    Warmup as Warmup,
)
from .motion.observe import (
    EMA as EMA,
    SWA as SWA,
    Accuracy as Accuracy,
    Energy as Energy,
    FreeStates as FreeStates,
    Noise as Noise,
    NudgeMeters as NudgeMeters,
    PathLength as PathLength,
    SecantSharpness as SecantSharpness,
    ShadowEnergy as ShadowEnergy,
    Sharpness as Sharpness,
    Speed as Speed,
    StepCosine as StepCosine,
    StepSpeed as StepSpeed,
    moving_metric as moving_metric,
)
from .motion.stop import (
    Best as Best,
    EdgeReached as EdgeReached,
    GradientBelow as GradientBelow,
    LossBelow as LossBelow,
    Patience as Patience,
    Reached as Reached,
    StopWhen as StopWhen,
)
from .store.trajectory import Trajectory as Trajectory
