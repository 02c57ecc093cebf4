/** The style of a page, which needs nothing from elsewhere. */
export const PAGE_STYLE = `
:root{color-scheme:light dark;--paper:#fbfaf7;--card:#fff;--ink:#1c2024;--soft:#5b6570;--line:#dcdad3;--ok:#14733f;--okbg:#e4f4ea;
--bad:#b3261e;--badbg:#fbe7e5;--open:#8a5a00;--openbg:#fbf0d9;--node:#f1efe9}
@media (prefers-color-scheme:dark){:root{--paper:#14171a;--card:#1c2024;--ink:#e8e6e1;--soft:#9aa5b0;--line:#343a41;--ok:#6fd69b;
--okbg:#15301f;--bad:#ff9a92;--badbg:#3b1a18;--open:#f0c36a;--openbg:#352a12;--node:#262b31}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",sans-serif}
main{max-width:60rem;margin:0 auto;padding:2.5rem 1.25rem 4rem}
h1{font-size:1.05rem;font-weight:600;letter-spacing:.02em;color:var(--soft);margin:0 0 1rem}
h2{font-size:1.2rem;margin:2.75rem 0 .75rem}
h3{font-size:1rem;margin:1.5rem 0 .25rem}
p{margin:.4rem 0;max-width:46rem}
code,.mono,.hash{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
.soft{color:var(--soft)}
.verdict{border:1px solid var(--line);border-left:.5rem solid var(--open);border-radius:.6rem;background:var(--card);padding:1.25rem 1.5rem}
.verdict.good{border-left-color:var(--ok)}.verdict.broken{border-left-color:var(--bad)}
.verdict strong{display:block;font-size:1.9rem;line-height:1.2;margin-bottom:.35rem}
.verdict.good strong{color:var(--ok)}.verdict.broken strong{color:var(--bad)}
dl{display:grid;grid-template-columns:minmax(7rem,11rem) 1fr;gap:.35rem 1.25rem;margin:0}
dt{color:var(--soft)}
dd{margin:0;overflow-wrap:anywhere}
ol.steps{list-style:none;margin:0;padding:0;display:grid;gap:.6rem}
ol.steps>li{display:grid;grid-template-columns:6.5rem 1fr;gap:.1rem 1rem;background:var(--card);border:1px solid var(--line);
border-radius:.6rem;padding:.75rem 1rem;break-inside:avoid}
ol.steps .what{font-weight:600}
ol.steps dl{grid-column:2;font-size:.86rem;grid-template-columns:5rem 1fr;gap:.1rem .75rem}
.badge{justify-self:start;align-self:start;border-radius:1rem;padding:.1rem .7rem;font-size:.8rem;font-weight:600;background:var(--openbg);color:var(--open)}
.pass .badge{background:var(--okbg);color:var(--ok)}.fail .badge{background:var(--badbg);color:var(--bad)}
li.fail{border-color:var(--bad)!important}
figure{margin:.75rem 0;background:var(--card);border:1px solid var(--line);border-radius:.6rem;padding:1rem;break-inside:avoid}
figcaption{color:var(--soft);font-size:.9rem;margin-bottom:.5rem}
svg.climb{display:block;width:100%;max-width:40rem;height:auto;margin:0 auto}
.branch{fill:none;stroke:var(--line);stroke-width:2}
.node rect{fill:var(--node);stroke:var(--line);stroke-width:1.5}
.node text{text-anchor:middle;fill:var(--ink)}
.node .name{font:11px system-ui,sans-serif;fill:var(--soft)}
.node .hash{font-size:12px}
.sibling rect{stroke-dasharray:5 4}
.leaf rect,.root rect{stroke-width:2.5;stroke:var(--open)}
.pass .leaf rect,.pass .root rect,.pass .computed rect{stroke:var(--ok)}
.fail .leaf rect,.fail .root rect,.fail .computed rect{stroke:var(--bad)}
.sign{font:700 17px system-ui,sans-serif;fill:var(--soft)}
.fail .sign,.miss{fill:var(--bad)}.miss{font:13px system-ui,sans-serif}
.down{text-align:center;max-width:none;color:var(--soft);font-size:1.2rem;margin:.1rem}
footer{margin-top:3rem;border-top:1px solid var(--line);padding-top:1rem;color:var(--soft);font-size:.9rem}
@media (max-width:36rem){dl,ol.steps>li,ol.steps dl{grid-template-columns:1fr}ol.steps dl{grid-column:1}dt{margin-top:.3rem}}
@media print{:root{--paper:#fff;--card:#fff;--ink:#000;--soft:#444;--line:#bbb;--ok:#0b5a2f;--okbg:#fff;--bad:#8c1c14;--badbg:#fff;
--open:#6b4500;--openbg:#fff;--node:#fff}main{max-width:none;padding:0}body{font-size:11pt}.badge{border:1px solid currentColor}h2{break-after:avoid}}
`;
