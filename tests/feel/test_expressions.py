"""Operators and structures, against clauses 10.3.1 and 10.3.2 of the standard."""

import pytest

from .language import examples, same, standard

ARITHMETIC = """
1 + 2 * 3 => 7
10 - 5 - 2 => 3
2 * 3 / 4 => 1.5
2 ** 3 ** 2 => 64
-2 ** 2 => 4
2 ** -1 => 0.5
-(2 + 3) => -5
- -3 => 3
10 -- 5 => 15
1 / 3 * 3 => 0.9999999999999999999999999999999999
0 ** 0 => 1
1 / 0 => null
0 / 0 => null
(-8) ** (1/3) => null
1 + null => null
null * 2 => null
-null => null
"a" + "b" => "ab"
"a" + 1 => null
"a" - "b" => null
true + 1 => null
[1] + 2 => 3
{a: 1} + 1 => null
1.5 + .5 => 2
1e3 => 1000
0.1 + 0.2 => 0.3
123456789012345678901234567890123456 => 123456789012345678901234567890123500
9999999999999999999999999999999999 + 1 => 10000000000000000000000000000000000
10 ** 6145 => null
-duration("P1D") => duration("-P1D")
-duration("P1Y") => duration("-P1Y")
"""

COMPARISON = """
1 = 1.0 => true
1 != 2 => true
"a" = "a" => true
"a" = 1 => null
null = null => true
null = 1 => false
1 != null => true
null != null => false
true = false => false
[1, 2] = [1, 2] => true
[1, 2] = [2, 1] => false
[1, 2] = [1] => false
[[1]] = [[1]] => true
[1] = 1 => true
{a: 1, b: 2} = {b: 2, a: 1} => true
{a: 1} = {a: 2} => false
{a: 1} = {a: 1, b: 1} => false
[1..5] = [1..5] => true
[1..5] = (1..5] => false
(<5) = (<5) => true
date("2020-01-01") = date("2020-01-01") => true
date("2020-01-01") = date and time("2020-01-01T00:00:00") => null
time("10:00:00Z") = time("11:00:00+01:00") => true
date and time("2020-01-01T10:00:00Z") = date and time("2020-01-01T11:00:00+01:00") => true
date and time("2020-07-01T12:00:00@Europe/London") = date and time("2020-07-01T11:00:00Z") => true
duration("P1D") = duration("PT24H") => true
duration("P1Y") = duration("P12M") => true
duration("P1Y") = duration("P365D") => null
1 < 2 => true
"a" < "b" => true
"a" < "B" => false
1 < "2" => null
true < false => null
null < 1 => null
1 >= null => null
date("2020-01-01") < date("2020-01-02") => true
time("10:00:00") < time("10:00:01") => true
time("10:00:00Z") < time("10:00:00-01:00") => true
duration("P1D") < duration("PT25H") => true
duration("P1M") < duration("P1Y") => true
duration("P1M") < duration("P31D") => null
[1] < [2] => null
5 between 1 and 10 => true
5 between 6 and 10 => false
5 between null and 10 => null
5 between 6 and null => false
"b" between "a" and "c" => true
1 between 1 and 1 and true => true
"""

LOGIC = """
true and true => true
true and false => false
true and null => null
false and null => false
null and null => null
true or null => true
false or null => null
false or false => false
true and 1 => null
false and "x" => false
true or "x" => true
false or "x" => null
true or false and false => true
(true or false) and false => false
not(true) => false
not(false) => true
not(null) => null
not("x") => null
1 = 1 and 2 = 2 or 1 = 2 => true
"""

IN = """
1 in 1 => true
1 in (1, 2) => true
3 in (1, 2) => false
3 in (1, 2, null) => false
null in (1, null) => true
5 in [1..10] => true
1 in (1..10] => false
10 in [1..10) => false
10 in [1..10[ => false
1 in ]1..10] => false
5 in (< 3, > 4) => true
5 in < 10 => true
5 in <= 5 => true
5 in (>= 6) => false
5 in [1, 5] => true
5 in [[1..3], [4..6]] => true
5 in ([1..3], [4..6]) => true
5 in [<3, >4] => true
"a" in "a" => true
"b" in ["a".."c"] => true
date("2020-06-01") in [date("2020-01-01")..date("2020-12-31")] => true
1 in [2, 3, 1] => true
[1, 2] in [[1, 2], [3]] => true
[1, 2] in [1, 2] => false
[1, 2] in ([1, 2], [3]) => true
5 in (? > 3) => true
5 in (? > 3 and ? < 4) => false
null in < 5 => null
5 in (null..10] => null
"""

CONTROL = """
if true then 1 else 2 => 1
if false then 1 else 2 => 2
if null then 1 else 2 => 2
if "x" then 1 else 2 => 2
if 1 = 1 then if 1 = 2 then "a" else "b" else "c" => "b"
1 + if true then 1 else 2 + 3 => 2
for i in [1, 2, 3] return i * 2 => [2, 4, 6]
for i in 1..3 return i => [1, 2, 3]
for i in 3..1 return i => [3, 2, 1]
for i in -1..1 return i => [-1, 0, 1]
for i in [1..3] return i => [1, 2, 3]
for i in (1..3) return i => [2]
for i in 1..2, j in 1..2 return [i, j] => [[1, 1], [1, 2], [2, 1], [2, 2]]
for i in [[1, 2], [3]], j in i return j => [1, 2, 3]
for i in 0..4 return if i = 0 then 1 else i * partial[-1] => [1, 1, 2, 6, 24]
for i in 1..3 return count(partial) => [0, 1, 2]
for d in date("2024-02-28")..date("2024-03-01") return d.day => [28, 29, 1]
for i in 5 return i => [5]
for i in [] return i => []
for i in null return i => null
for i in 1..2 return for j in 1..i return j => [[1], [1, 2]]
for i in 1.5..3 return i => null
some x in [1, 2, 3] satisfies x > 2 => true
some x in [1, 2, 3] satisfies x > 3 => false
some x in [] satisfies x > 3 => false
every x in [] satisfies x > 3 => true
every x in [1, 2] satisfies x > 0 => true
every x in [1, 2] satisfies x > 1 => false
some x in [1, null] satisfies x > 5 => null
every x in [1, null] satisfies x > 0 => null
every x in [0, null] satisfies x > 0 => false
some x in 1..3, y in 1..3 satisfies x * y = 9 => true
every x in [1, 2], y in [3] satisfies x < y => true
"""

LISTS = """
[1, 2, 3][1] => 1
[1, 2, 3][-1] => 3
[1, 2, 3][0] => null
[1, 2, 3][4] => null
[1, 2, 3][-4] => null
[1, 2, 3, 4][item > 2] => [3, 4]
[1, 2, 3][true] => [1, 2, 3]
[1, 2, 3][false] => []
[1, 2, 3][null] => []
[1, 2, 3][count([1, 2])] => 2
[{x: 1, y: 2}, {x: 2, y: 3}][x = 1] => [{x: 1, y: 2}]
[{x: 1, y: 2}, {x: null, y: 3}][x < 2] => [{x: 1, y: 2}]
[{x: 1, y: 2}, {x: 2, y: 3}][item.x = 2].y => [3]
[{a-b: 1}, {a-b: 2}][a-b > 1] => [{a-b: 2}]
[{item: 5}, {item: 6}][item > 5] => [{item: 6}]
[{x: 1, y: 2}, {x: 2, y: 3}].y => [2, 3]
[{x: 1}, {y: 2}].x => [1, null]
[{b: [1]}, {b: [2.1, 2.2]}, {b: [3]}].b => [[1], [2.1, 2.2], [3]]
3[item > 2] => [3]
3[item > 5] => []
3[1] => 3
3[2] => null
null[1] => null
[][1] => null
[[1, 2], [3]][1][2] => 2
[1, [2, 3]] = [1, [2, 3]] => true
[1, 2, 3][item > 1][1] => 2
[1, 2, 3, 4][item > 1 and item < 4] => [2, 3]
"""

CONTEXTS = """
{a: 1}.a => 1
{a: 1}.b => null
{"a b": 1}.a b => 1
{a: 1, b: a + 1}.b => 2
{a: {b: {c: 5}}}.a.b.c => 5
{first name: "Ann", greeting: "Hello " + first name}.greeting => "Hello Ann"
{a+b: 1, a: 5, b: 6, c: a+b}.c => 1
{a: 1} => {a: 1}
{} => {}
null.a => null
"x".length => null
{sq: function(n) n * n, nine: sq(3)}.nine => 9
{fact: function(n) if n < 2 then 1 else n * fact(n - 1), r: fact(10)}.r => 3628800
{a: 2, f: function(x) x * a, r: f(3)}.r => 6
"""

FUNCTIONS = """
(function(x) x + 1)(2) => 3
(function(x, y) x - y)(y: 1, x: 5) => 4
(function(x) x)(1, 2) => null
(function(x: number) x)("a") => null
(function(x: number) x)([5]) => 5
(function(x: list<number>) count(x))(5) => 1
(function() 7)() => 7
(function(a) (function(b) a + b)(10))(5) => 15
sort([3, 1, 2], function(x, y) x < y) => [1, 2, 3]
5() => null
nothing like it(1) => null
{f: function(x) x}.f(4) => 4
[function(x) x + 1][1](1) => 2
for f in [function(x) x + 1, function(x) x * 10] return f(5) => [6, 50]
(function(x) external {java: {class: "java.lang.Math", method signature: "cos(double)"}})(1) => null
{count: 3}.count => 3
"""

INSTANCE_OF = """
1 instance of number => true
"a" instance of string => true
1 instance of string => false
true instance of boolean => true
null instance of number => false
null instance of Any => false
null instance of Null => true
1 instance of Any => true
date("2020-01-01") instance of date => true
date("2020-01-01") instance of date and time => false
date and time("2020-01-01T00:00:00") instance of date and time => true
time("10:00:00") instance of time => true
duration("P1D") instance of days and time duration => true
duration("P1Y") instance of years and months duration => true
duration("P1D") instance of years and months duration => false
[1, 2] instance of list<number> => true
[1, "a"] instance of list<number> => false
[1, "a"] instance of list<Any> => true
[] instance of list<string> => true
[1, null] instance of list<number> => true
[1] instance of list => null
{a: 1} instance of context<a: number> => true
{a: 1, b: 2} instance of context<a: number> => true
{a: "x"} instance of context<a: number> => false
{b: 1} instance of context<a: number> => false
[1..5] instance of range<number> => true
["a".."b"] instance of range<number> => false
(function(x: number) x) instance of function<number>->Any => true
(function(x: number) x) instance of function<number, number>->Any => false
(function(x: string) x) instance of function<number>->Any => false
1 instance of unknown type => null
1 + 1 instance of number => true
1 instance of number and true => true
"""

LITERALS = """
@"2020-01-01" => date("2020-01-01")
@"10:00:00" => time("10:00:00")
@"2020-01-01T10:00:00Z" => date and time("2020-01-01T10:00:00Z")
@"P1D" => duration("P1D")
@"-P1Y2M" => duration("-P1Y2M")
@"rubbish" => null
"\\u0041" => "A"
"\\U01F40E" => "\U0001f40e"
"\\uD83D\\uDC0E" => "\U0001f40e"
string length("\\uD83D\\uDC0Eab") => 3
"a\\nb" => "a\\u000Ab"
"tab\\t" => "tab\\u0009"
"\\"quoted\\"" => "\\u0022quoted\\u0022"
"it\\'s" => "it's"
string length("\\d") => 2
// comment \\n 1 => null
1 /* here */ + 1 => 2
1 + 1 // at the end => 2
[1..5].start => 1
(1..5].start included => false
[1..5].end included => true
(<=10).start => null
(<=10).end => 10
(<=10).end included => true
(<=10).start included => false
(>1).end included => false
(=5) => [5..5]
[1.."a"] => null
"""

TABLES = {
    "arithmetic": ARITHMETIC,
    "comparison": COMPARISON,
    "logic": LOGIC,
    "in": IN,
    "control": CONTROL,
    "lists": LISTS,
    "contexts": CONTEXTS,
    "functions": FUNCTIONS,
    "instance-of": INSTANCE_OF,
    "literals": LITERALS.replace("// comment \\n 1 => null\n", ""),
}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [pytest.param(*pair, id=f"{name}: {pair[0]}") for name, table in TABLES.items() for pair in examples(table)],
)
def test_value(expression: str, expected: str) -> None:
    assert same(standard(expression), standard(expected)), f"{standard(expression)!r}"


def test_a_comment_ends_with_its_line() -> None:
    assert standard("// a comment\n 1 + 1") == 2
