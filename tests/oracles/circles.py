"""Random models that forbid some circles of values and not others, and seldom for the usual reason."""

from __future__ import annotations

from hypothesis import strategies as st
from oracles.dags import Com

from litmus.ir.model import Axiom, AxiomKind, AxiomRole, Model


@st.composite
def circle_models(draw: st.DrawFn) -> Model:
    """Acyclicity, irreflexivity or a cycle demanded, of a union of what values travel along and what they do not."""
    m = Com()
    data, ctrl = m.base("data"), m.base("ctrl")
    relations = {
        "rf": m.rf,
        "data": data,
        "rfe": m.rfe,
        "rfi": m.rfi,
        "addr": m.base("addr"),
        "ctrl": ctrl,
        "po-loc": m.po_loc,
        "co": m.co,
        "fr": m.fr,
        "data-ctrl": m.op("diff", data, ctrl),
        "rf-co;rf": m.op("diff", m.rf, m.seq(m.co, m.rf)),
    }
    if draw(st.booleans()):
        m.coherence_and_atomicity()
    for k in range(draw(st.integers(1, 2))):
        names = draw(st.lists(st.sampled_from(sorted(relations)), min_size=1, max_size=4, unique=True))
        if draw(st.booleans()):
            names = [*names, "rf", "data"]
        few = [relations[name] for name in dict.fromkeys(names)]
        node = m.union(*few) if len(few) > 1 else few[0]
        match draw(st.sampled_from(("acyclic", "acyclic", "acyclic", "irreflexive", "cyclic"))):
            case "acyclic":
                m.acyclic(node, f"acyclic{k}")
            case "irreflexive":
                m.irreflexive(m.op("plus", node), f"irreflexive{k}")
            case _:
                m.axioms.append(Axiom(AxiomKind.ACYCLIC, node, f"cyclic{k}", True, AxiomRole.CHECK))
    return m.model("circles")
