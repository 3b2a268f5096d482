/**
 * How the pages look: calm until something is wrong. Colours carry nothing that a word and a shape do not say too; text on each of its grounds has a
 * contrast of 4.5 or more, by day and by night. Nothing scrolls sideways from 320 pixels on.
 */
export const style = `:root{color-scheme:light dark;
--bg:#f3f5f7;--card:#fff;--ink:#17222d;--dim:#526070;--line:#dfe5ea;--link:#0a58a8;--hover:#eef3f8;
--ok:#176f41;--okf:#2f9e62;--okb:#e6f4ec;--warn:#835400;--warnf:#d9930d;--warnb:#fdf3dd;--bad:#ad211b;--badf:#d23f36;--badb:#fdeae8;--idle:#4d5c6b;--idlef:#7c93ab;--track:#e3e8ed;--slot:#bcd3ea}
@media (prefers-color-scheme:dark){:root{
--bg:#0d1319;--card:#151d25;--ink:#e4ebf2;--dim:#9aa9b7;--line:#26323d;--link:#7cbcff;--hover:#1b2631;
--ok:#63d397;--okf:#37a86c;--okb:#12291f;--warn:#f2bd55;--warnf:#d99a1f;--warnb:#2c2412;--bad:#ff938a;--badf:#e5544a;--badb:#331918;--idle:#a9b8c6;--idlef:#5f7891;--track:#273340;--slot:#2c4a69}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
a{color:var(--link);text-underline-offset:.15em;text-decoration-thickness:.06em}
a:hover{text-decoration-thickness:.12em}
:focus-visible{outline:3px solid var(--link);outline-offset:2px;border-radius:3px}
h1,h2,h3,p,ul,ol,dl,dd,pre{margin:0;padding:0}
h1{font-size:1.75rem;line-height:1.2;letter-spacing:-.015em;font-weight:650}
h2{font-size:1.05rem;font-weight:650;margin-bottom:.6rem}
h3{font-size:.95rem;font-weight:650;margin:.7rem 0 .3rem}
ul,ol{list-style:none}
small,.sub,.asof,footer{color:var(--dim);font-size:.83rem}
code,pre{font:.85em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
.gone{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.skip{position:absolute;left:-99rem;padding:.6rem 1rem;background:var(--card);z-index:3}
.skip:focus{left:.5rem;top:.5rem}
.ok{color:var(--ok)}.warn{color:var(--warn)}.bad{color:var(--bad)}.idle{color:var(--idle)}
header>div,main,footer{max-width:78rem;margin:0 auto;padding:0 1.25rem}
.top{background:var(--card);border-bottom:1px solid var(--line)}
.top div{display:flex;align-items:center;gap:.4rem 1rem;min-height:3.1rem}
.brand{font-weight:750;font-size:1.1rem;letter-spacing:-.03em;color:var(--ink);text-decoration:none}
.host{color:var(--dim);flex:1;min-width:0;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
.top nav{display:flex;gap:.15rem;}
.top nav a{padding:.4rem .7rem;border-radius:.5rem;text-decoration:none;color:var(--ink)}
.top nav a[aria-current]{background:var(--hover);font-weight:600}
#live{font-size:.83rem;white-space:nowrap;color:var(--dim);display:flex;align-items:center;gap:.4rem}
#live:empty{display:none}
#live:before{content:"";width:.55rem;height:.55rem;border-radius:50%;background:var(--okf)}
#live.off{color:var(--warn);font-weight:600}#live.off:before{background:none;border:2px solid var(--warnf)}
main{padding-top:1.4rem;outline:0;display:flow-root}
main>*{margin-bottom:1.6rem}
footer{padding:1.2rem 1.25rem 2.5rem}
.card{background:var(--card);border:1px solid var(--line);border-radius:.8rem;padding:1rem 1.15rem}
.i{width:1em;height:1em;margin-right:.45em;vertical-align:-.12em;flex:none;fill:currentColor}
.i.ok{color:var(--okf)}.i.warn{color:var(--warnf)}.i.bad{color:var(--badf)}.i.idle{color:var(--idlef)}
symbol .k{fill:none;stroke:var(--card);stroke-width:1.9;stroke-linecap:round;stroke-linejoin:round}
symbol .o{fill:none;stroke:currentColor;stroke-width:1.7;stroke-dasharray:2.6 2.1}
symbol .n{fill:none;stroke:currentColor;stroke-width:1.9;stroke-linecap:round}
.verdict{border-radius:1rem;border:1px solid var(--line);background:var(--card);padding:1.4rem 1.4rem 1.2rem;box-shadow:inset 0 .35rem var(--idlef)}
.verdict.ok{box-shadow:inset 0 .35rem var(--okf)}.verdict.warn{box-shadow:inset 0 .35rem var(--warnf)}.verdict.bad{box-shadow:inset 0 .35rem var(--badf)}
.verdict,.plainhead{color:var(--ink)}
.verdict h1 span{font-size:.62em;font-weight:600;margin-left:.3rem}
.lead{margin-top:.5rem;max-width:60rem}
.chips{display:flex;flex-wrap:wrap;gap:.4rem;margin:.9rem 0 0}
.chips a{display:block;padding:.22rem .7rem;border:1px solid var(--line);border-radius:2rem;color:var(--ink);text-decoration:none;font-size:.88rem}
.chips a:hover{background:var(--hover)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(11rem,1fr));gap:1rem 1.6rem;margin-top:1.2rem;padding-top:1rem;border-top:1px solid var(--line)}
.tiles dt{color:var(--dim);font-size:.83rem}
.tiles dd{font-size:1.12rem;font-weight:600}
.tiles dd.sub{font-size:.83rem;font-weight:400}
.tiles dd small{font-weight:400}
.b{display:block;width:100%;height:.42rem;margin:.3rem 0 .35rem;border-radius:1rem;overflow:hidden;background:var(--track)}
.b rect.ok{fill:var(--okf)}.b rect.warn{fill:var(--warnf)}.b rect.bad{fill:var(--badf)}.b rect.idle{fill:var(--idlef)}
.b .t{stroke:var(--ink);stroke-width:2;vector-effect:non-scaling-stroke;opacity:.55}
.trend{display:block;width:100%;max-width:9.5rem;height:auto}
.trend .ok{fill:var(--okf)}.trend .warn{fill:var(--warnf)}.trend .bad{fill:var(--badf)}.trend .idle{fill:var(--idlef)}
.todos{display:grid;gap:.7rem;grid-template-columns:repeat(auto-fit,minmax(min(100%,28rem),1fr))}
.todo{box-shadow:inset .3rem 0 var(--idlef)}
.todo.bad{box-shadow:inset .3rem 0 var(--badf);border-color:transparent;background:var(--badb);color:var(--ink)}
.todo.warn{box-shadow:inset .3rem 0 var(--warnf);border-color:transparent;background:var(--warnb);color:var(--ink)}
.todo.idle{color:var(--ink)}
.todo h3{margin:0 0 .3rem;font-size:1rem;display:grid;grid-template-columns:auto minmax(0,1fr) auto}
.todo h3 .i{margin-top:.27em}
.todo .sub{margin-top:.35rem;color:inherit}
.tag{padding:.1rem 0 0 .6rem;font-size:.8rem;font-weight:600}
.do{margin-top:.35rem;padding-left:1.25rem;position:relative}
.do:before{content:"→";position:absolute;left:0}
.bar{display:flex;flex-wrap:wrap;gap:.5rem 1rem;align-items:end;justify-content:space-between;margin-bottom:.6rem}
.bar h2{margin:0}
form{display:flex;flex-wrap:wrap;gap:.5rem;align-items:end;font-size:.88rem}
label{color:var(--dim)}
input,select,button{font:inherit;color:var(--ink);background:var(--card);border:1px solid var(--idlef);border-radius:.5rem;padding:.32rem .55rem;max-width:100%;min-height:2.1rem}
input{width:10rem}
button{cursor:pointer;padding-inline:.9rem}button:hover{background:var(--hover)}
form a{padding:.4rem .2rem}
.fleet.card{display:block;padding:0}
.fleet thead,.fleet tbody{display:block}
.fleet tr{display:grid;grid-template-columns:minmax(0,2.3fr) minmax(0,1.35fr) minmax(0,1.25fr) minmax(0,1.5fr) minmax(0,1.05fr);gap:0 1.4rem;padding:.62rem 1.15rem;border-top:1px solid var(--line)}
.fleet thead tr{border:0;padding-block:.5rem;color:var(--dim);font-size:.83rem}
.fleet.many tbody tr{content-visibility:auto;contain-intrinsic-size:auto 2.9rem}
.fleet tbody tr:hover{background:var(--hover)}
.fleet th{font-weight:400;text-align:left;padding:0}
.fleet tbody th a{font-weight:650;font-size:1rem;color:var(--ink);margin-right:.35rem}
.fleet td{padding:0;min-width:0}
.fleet :focus-visible{outline-offset:-1px}
.why{color:var(--dim);font-size:.86rem;margin-top:.15rem;display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:3;overflow:hidden}
.more{margin-top:.8rem}
.two{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:1.2rem;align-items:start}
.two>div{display:grid;gap:1.2rem}
.two #tonight{grid-column:1/-1}
.lanes{display:block;margin:.6rem 0 .3rem}
.lanes rect{fill:var(--slot)}
.lanes line{stroke:var(--line)}
.lanes text{fill:var(--ink);font-size:12px}.lanes .h{fill:var(--dim)}
.chart{display:block;margin-top:.8rem}
.chart text{fill:var(--dim);font-size:12px}
.chart text.y{paint-order:stroke;stroke:var(--card);stroke-width:4px}
.chart path{vector-effect:non-scaling-stroke;fill:none}
.chart .grid{stroke:var(--line)}
.chart .line{stroke:var(--link);stroke-width:2;stroke-linejoin:round}
.chart .area{fill:var(--link);opacity:.18}
.chart .cover{fill:var(--card)}
.chart .area2{fill:var(--warnf);opacity:.4}
.chart .ahead{stroke:var(--dim);stroke-width:2;stroke-dasharray:5 5}
.keys{display:flex;gap:1.2rem;font-size:.83rem;color:var(--dim)}
.key:before{content:"";display:inline-block;width:.7rem;height:.7rem;border-radius:2px;margin-right:.4rem;background:var(--link);opacity:.5}
.key.trash:before{background:var(--warnf)}
.big{font-size:1.5rem;font-weight:650}
.events li{display:flex;padding:.4rem 0;border-top:1px solid var(--line)}.events li:first-child{border:0}
.events .i{margin-top:.28em}
details{margin-top:.5rem}
summary{cursor:pointer;padding:.25rem 0;color:var(--link)}
.step{border-top:1px solid var(--line);padding-top:.3rem}
.step summary{color:var(--ink)}
pre{max-width:100%;overflow:auto;max-height:24rem;white-space:pre-wrap;background:var(--bg);border-radius:.5rem;padding:.6rem .8rem;margin:.35rem 0}
.paste code{user-select:all}
table.plain{border-collapse:collapse;width:100%;font-size:.9rem}
table.plain.card{border-collapse:separate;border-spacing:0;padding:.3rem .6rem}
.plain th,.plain td{text-align:left;padding:.4rem .55rem;vertical-align:top;border-top:1px solid var(--line);font-weight:400}
.plain thead th{border:0;color:var(--dim);font-size:.83rem}
.plain tbody th{font-weight:600}
.runs td:first-child{white-space:nowrap}
.terms div{display:grid;grid-template-columns:9rem minmax(0,1fr);gap:.6rem;padding:.28rem 0;border-top:1px solid var(--line)}.terms div:first-child{border:0}
.terms dt{color:var(--dim)}
.crumbs{margin-bottom:.7rem;font-size:.9rem}
.plainhead{margin-bottom:1.2rem}
@media (max-width:60rem){.two{grid-template-columns:minmax(0,1fr)}.lanes text:not(.h){display:none}}
@media (max-width:46rem){
header>div,main,footer{padding-inline:.8rem}
main{padding-top:.8rem}
main>*{margin-bottom:1.1rem}
h1{font-size:1.45rem}
.verdict{padding:1.25rem 1rem 1rem}
.tiles{grid-template-columns:repeat(2,minmax(0,1fr));gap:.8rem 1rem}
#live.on{font-size:0}
.top div{column-gap:.6rem}
.fleet thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.fleet tr{grid-template-columns:minmax(0,1.55fr) minmax(0,1fr);gap:.35rem .9rem;padding:.7rem .9rem}
.fleet tbody th{grid-column:1/-1}
.fleet .trend{max-width:100%;margin-top:.2rem}
.fleet tbody tr:first-child{border:0}
.card{padding:.85rem .9rem}
.fleet.card{padding:0}
table.plain.card{padding:.2rem .3rem}
.lo,.lanes .odd{display:none}
.tag{grid-column:2;padding:0}
.runs td:first-child{white-space:normal}
.terms div{grid-template-columns:7rem minmax(0,1fr)}
}
@media (pointer:coarse){.top nav a,summary,button,.chips a{padding-block:.5rem}}
@media (prefers-reduced-motion:no-preference){.b rect{transition:width .5s}}
@media (forced-colors:active){.i,.trend path,.b rect,.lanes rect{forced-color-adjust:none}}
@media print{.top,form,.skip,footer,.more{display:none}body{background:#fff}.card,.verdict{border-color:#999;break-inside:avoid}.fleet.many tbody tr{content-visibility:visible;break-inside:avoid}details>*{display:block}}
`;
