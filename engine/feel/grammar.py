"""The grammar of FEEL (DMN 1.5, clause 10.3.1), over the tokens that `lexer` makes.

The lexer has already told names from operators, a list's `[` from a filter's, and a call's `(` from a group's:
all that needs the names in scope. What is left is LALR(1), except that `if`, `for`, `some`, `every` and functions
may stand as operands and then reach as far right as they can (lark resolves these conflicts by shifting).
"""

# The tokens that only mark a place; lark drops those that begin with an underscore from what a rule is handed.
PUNCTUATION = {
    "(": "_OPEN_GROUP", ")": "_CLOSE_GROUP", "[": "OPEN_LIST", "]": "_CLOSE_LIST", "{": "OPEN_CONTEXT",
    "}": "_CLOSE_CONTEXT", ",": "_COMMA", ":": "_COLON", ".": "_DOT", "..": "_TO", "->": "_ARROW", "@": "_AT",
    "=": "COMPARE", "!=": "COMPARE", "<": "COMPARE", "<=": "COMPARE", ">": "COMPARE", ">=": "COMPARE",
    "+": "PLUS", "-": "MINUS", "*": "TIMES", "/": "DIVIDE", "**": "POWER",
}  # fmt: skip

KEYWORDS = {
    "if": "IF", "then": "_THEN", "else": "_ELSE", "for": "FOR", "return": "_RETURN", "some": "QUANTIFIER",
    "every": "QUANTIFIER", "satisfies": "_SATISFIES", "or": "_OR", "and": "_AND", "between": "_BETWEEN",
    "in": "_IN", "function": "FUNCTION", "external": "_EXTERNAL", "true": "CONSTANT", "false": "CONSTANT",
    "null": "CONSTANT",
}  # fmt: skip

GRAMMAR = r"""
start: expression
tests: _NOT_TESTS _CALL expression (_COMMA expression)* _CLOSE_GROUP -> none_of
     | expression (_COMMA expression)*                               -> any_of

?expression: disjunction
    | COMPARE additive                                     -> unary_range

?disjunction: conjunction
    | disjunction _OR conjunction                          -> either
?conjunction: comparison
    | conjunction _AND comparison                          -> both
?comparison: additive
    | comparison COMPARE additive                          -> compare
    | comparison _BETWEEN additive _AND additive           -> between
    | comparison _IN additive                              -> in_one
    | comparison _IN COMPARE additive                      -> in_unary
    | comparison _IN _OPEN_GROUP expression (_COMMA expression)+ _CLOSE_GROUP -> in_any
    | comparison _INSTANCE_OF type                         -> instance_of
?additive: term
    | additive (PLUS | MINUS) term                         -> chain
?term: power
    | term (TIMES | DIVIDE) power                          -> chain
?power: unary
    | power POWER unary                                    -> chain
?unary: postfix
    | MINUS unary                                          -> negate
?postfix: primary
    | postfix _DOT PROPERTY                                -> path
    | postfix _FILTER expression _CLOSE_LIST               -> filtered
    | postfix _CALL [expression (_COMMA expression)*] _CLOSE_GROUP -> call
    | postfix _CALL argument (_COMMA argument)* _CLOSE_GROUP       -> call_named
argument: PARAMETER _COLON expression

?primary: NUMBER                                           -> number
    | STRING                                               -> string
    | _AT STRING                                           -> at_literal
    | CONSTANT                                             -> constant
    | NAME                                                 -> name
    | _OPEN_GROUP expression _CLOSE_GROUP
    | _OPEN_GROUP expression _TO expression range_end      -> open_range
    | OPEN_RANGE expression _TO expression range_end      -> open_range
    | OPEN_LIST expression _TO expression range_end       -> closed_range
    | OPEN_LIST [expression (_COMMA expression)*] _CLOSE_LIST -> items
    | OPEN_CONTEXT [entry (_COMMA entry)*] _CLOSE_CONTEXT -> context
    | IF expression _THEN expression _ELSE expression     -> if_else
    | FOR iteration (_COMMA iteration)* _RETURN expression -> for_each
    | QUANTIFIER iteration (_COMMA iteration)* _SATISFIES expression -> quantified
    | FUNCTION _CALL [formal (_COMMA formal)*] _CLOSE_FORMALS expression -> function
    | FUNCTION _CALL [formal (_COMMA formal)*] _CLOSE_FORMALS _EXTERNAL expression -> external

range_end: _CLOSE_GROUP                                    -> excluded
    | _CLOSE_RANGE                                         -> excluded
    | _CLOSE_LIST                                          -> included
entry: KEY _COLON expression
iteration: VARIABLE _IN expression [_TO expression]
formal: FORMAL [_COLON type]

type: TYPE                                                 -> named_type
    | LIST_OF _LEFT type _RIGHT                            -> generic_type
    | RANGE_OF _LEFT type _RIGHT                           -> generic_type
    | CONTEXT_OF _LEFT field (_COMMA field)* _RIGHT        -> context_type
    | FUNCTION_OF _LEFT [type (_COMMA type)*] _RIGHT _ARROW type -> function_type
field: TYPE_KEY _COLON type
"""

DECLARED = sorted(
    {*PUNCTUATION.values(), *KEYWORDS.values()}
    | {
        "_NOT_TESTS",
        "_CALL",
        "_FILTER",
        "OPEN_RANGE",
        "_CLOSE_RANGE",
        "_INSTANCE_OF",
        "_LEFT",
        "_RIGHT",
        "_CLOSE_FORMALS",
    }
    | {"NUMBER", "STRING", "NAME", "PROPERTY", "PARAMETER", "KEY", "VARIABLE", "FORMAL", "TYPE", "TYPE_KEY"}
    | {"LIST_OF", "RANGE_OF", "CONTEXT_OF", "FUNCTION_OF"}
)
