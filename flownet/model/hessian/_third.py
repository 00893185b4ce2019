"""The third derivative on two displacements, from its action on one."""


def third(hessian, U, V):
    """T[U,V] (D,) of a Hessian that acts, by polarisation: (T[U+V,U+V] − T[U−V,U−V])/4."""
    return (hessian.third_action(U + V) - hessian.third_action(U - V)) / 4
