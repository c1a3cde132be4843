# ruff: noqa: SIM905  (one hostile text a line)
"""A thousand expressions that mean no good, from a seed."""

import random
from collections.abc import Iterator

SEED = 20261123
COUNT = 1_000

ATTRIBUTES = tuple(
    """
__class__ __bases__ __subclasses__ __globals__ __code__ __init__ __dict__ __builtins__ __import__
__mro__ mro format encode call run _body parameters func_globals gi_frame tb_frame f_back as_tuple
keys update append
""".split()
)
STARTS = tuple(
    r"""
"x"
1
[]
[1]
{}
{a: 1}
null
true
count
(function(x) x)
@"2020-01-01"
@"P1D"
now()
[1..2]
(<5)
data
data.inner
item
sort
""".strip().splitlines()
)
PYTHON = tuple(
    r"""
__import__("os").system("true")
().__class__.__base__.__subclasses__()
eval("1")
exec("x")
open("/etc/passwd")
lambda: 0
[x for x in (1, 2)]
data.__class__.__init__.__globals__
globals()
getattr(data, "x")
import os
os.system("true")
{0.__class__}
%s
f"{1}"
data["__class__"]
compile("1", "", "eval")
breakpoint()
print(1)
type(1)
vars()
data.__reduce__()
${7*7}
{{7*7}}
#{7*7}
T(java.lang.Runtime)
(function(x) external {java: {class: "java.lang.Runtime", method signature: "exec(String)"}})("true")
""".strip().splitlines()
)
BOMBS = tuple(
    r"""
9**9**9**9**9
10**1000000000
10**999999999
(10**6000)*(10**6000)
1.000001**999999999
0.5**999999999
(-2)**999999999
exp(1000000)
exp(10**30)
log(10**-6000)
sqrt(10**6144)
decimal(10**6000, 6000)
floor(10**6144, -6111)
modulo(10**6000, 0.1)
modulo(10**6144, 3)
string(10**6144)
round up(1/3, 6176)
duration("P999999999Y") * 10**30
duration("P1D") * 10**6000
date("9999-12-31") + duration("P999999999Y")
date("2020-01-01") + duration("P1D") * 10**17
@"P99999999999999999999999999999999999D" + @"P1D"
{f: function(n) f(n + 1), r: f(1)}.r
{f: function(n) n * f(n - 1), r: f(100)}.r
{f: function(n) [f(n), f(n)], r: f(1)}.r
(function(f) f(f))(function(f) f(f))
{f: function(n) sort([2, 1], function(a, b) f(n)), r: f(1)}.r
{f: function(n) if n < 2 then n else f(n - 1) + f(n - 2), r: f(60)}.r
for i in 1..1000000000 return i
some x in 1..1000000000 satisfies x < 0
every x in 1..1000000000 satisfies x > 0
for i in 1..10**6000 return i
for i in -10**6000..10**6000 return 1
for i in 1..1000, j in 1..1000 return i * j
for d in @"0001-01-01"..@"9999-12-31" return d
for i in [1..1000000000] return i
count(for i in 1..1000000 return i)
for i in 1..60 return if i = 1 then [1] else [partial[-1], partial[-1]]
flatten((for i in 1..60 return if i = 1 then [1] else [partial[-1], partial[-1]])[60])
string((for i in 1..60 return if i = 1 then [1] else [partial[-1], partial[-1]])[60])
(for i in 1..60 return if i = 1 then [1] else [partial[-1], partial[-1]]) = (for i in 1..60 return if i = 1 then [1] else [partial[-1], partial[-1]])
for i in 1..5000 return if i = 1 then [1] else [partial[-1]]
count((for i in 1..60 return if i = 1 then [1] else concatenate(partial[-1], partial[-1]))[60])
(for i in 1..60 return if i = 1 then "aaaa" else partial[-1] + partial[-1])[60]
for i in 1..3000 return partial
string join(for i in 1..40000 return "aaaaaaaaaaaaaaaaaaaa")
distinct values(for i in 1..30000 return i)
index of(for i in 1..30000 return [i, [i]], 5)
sort(for i in 1..30000 return -i, function(a, b) true)
sort(for i in 1..30000 return i, function(a, b) null)
(for i in 1..30000 return {a: i})[a > 5][a > 6][a > 7].a
list replace(for i in 1..30000 return i, function(a, b) a > b, 1)
union(for i in 1..20000 return i, for i in 1..20000 return -i)
mode(for i in 1..40000 return i)
context merge(for i in 1..20000 return {a: i})
stddev(for i in 1..40000 return i)
{s: for i in 1..2000 return "a", t: string join(s), r: matches(t, "(a+)+b")}.r
{s: for i in 1..2000 return "a", t: string join(s), r: matches(t, "(a|a)*b")}.r
{s: for i in 1..2000 return "a", t: string join(s), r: matches(t, "(a*)*(a*)*\\1b")}.r
{s: for i in 1..2000 return "ab", t: string join(s), r: replace(t, "(a.*)*c", "$1$1$1$1")}.r
{s: for i in 1..9000 return "ab", t: string join(s), r: replace(t, "(a)(b)", "$1$2$1$2$1$2$1$2$1$2$1$2$1$2$1$2")}.r
matches("x", "((((a{1,100}){1,100}){1,100}){1,100}){1,100}")
matches("x", "a{999999999}")
split(string join(for i in 1..9000 return "a,"), ",")
get value(data, for i in 1..10000 return "a")
context put({}, for i in 1..5000 return "a", 1)
""".strip().splitlines()
)
NESTS = (
    ("(", "1", ")"), ("[", "1", "]"), ("{a: ", "1", "}"), ("-", "1", ""), ("not(", "true", ")"), ("if true then ", "1", " else 2"),
    ("for x in [1] return ", "x", ""), ("some x in [1] satisfies ", "x > 0", ""), ("1 + ", "1", ""), ("1 + (", "1", ")"), ("2 ** ", "2", ""),
    ("", "data", ".a"), ("", "data", "[1]"), ("", "count", "(1)"), ("function(x) ", "x", ""), ("1 in (", "1", ")"), ("1 instance of list<", "number", ">"),
    ("true and ", "true", ""), ("true and (", "true", ")"), ("1 = ", "1", ""), ("\"a\" + ", "\"a\"", ""), ("/* ", "1", " */"), ("[1..", "2", "]"),
    ("(function(x) x)(", "1", ")"), ("abs(", "1", ")"), ("1 between 0 and ", "1", ""), ("x ", "y", " z"),
)  # fmt: skip


def hostile() -> Iterator[str]:
    """The same thousand every time: each known bomb, then combinations."""
    yield from BOMBS
    yield from PYTHON
    chance = random.Random(SEED)
    for _ in range(COUNT - len(BOMBS) - len(PYTHON)):
        yield chance.choice((_attribute, _nest, _long, _mixed, _noise))(chance)


def _attribute(chance: random.Random) -> str:
    path = ".".join(chance.choices(ATTRIBUTES, k=chance.randint(1, 4)))
    call = chance.choice(("", "()", "(1)", "[1]", '("x")'))
    return f"{chance.choice(STARTS)}.{path}{call}"


def _nest(chance: random.Random) -> str:
    before, middle, after = chance.choice(NESTS)
    depth = chance.choice((60, 99, 101, 250, 1_000, 5_000))
    return before * depth + middle + after * depth


def _long(chance: random.Random) -> str:
    size = chance.choice((5_000, 19_000, 25_000, 300_000))
    return chance.choice((
        "9" * size, "0." + "0" * size + "1", '"' + "a" * size + '"', "a" * size, "a " * size, " " * size + "1", "(" * size,
        "1" + " +1" * (size // 3), "[" + "1," * (size // 2) + "1]", "for a" + " " * size, '"' + "\\" * size, "{a" + " b" * size,
        'matches("' + "a" * (size // 2) + '", "' + "a?" * 300 + '")', "x." * (size // 2) + "y", "/*" * size, "@" * size, "1e" + "9" * size,
        "date(\"" + "1" * size + "\")", "duration(\"P" + "9" * size + "D\")", "number(\"" + "9" * size + "\")", "\n" * size + "?",
        "f(" + "a: 1, " * (size // 6) + "b: 2)", "\u0301" * size, "\ud800" * size, "\0" * size, "x instance of " + "list<" * size,
    ))  # fmt: skip


def _mixed(chance: random.Random) -> str:
    first, second = chance.choice(BOMBS), chance.choice(BOMBS + PYTHON)
    return chance.choice(
        ("[{0}, {1}]", "if {0} = 1 then {1} else 2", "({0}) + ({1})", "some z in [1] satisfies ({0}) = ({1})")
    ).format(first, second)


def _noise(chance: random.Random) -> str:
    return "".join(
        chance.choices("(){}[]<>=+-*/.,:;\"'\\@?!#$%^&|~` \n\tabcxyz019éλ🐎\u200b\ufeff", k=chance.randint(1, 60))
    )
