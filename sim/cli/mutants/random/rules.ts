/**
 * The rules by which mutants are made: each a mistake that a programmer makes, at every place where the syntax tree allows
 * it. A candidate is one change of one file; whether the compiler takes it is asked later.
 */
import {
  type Expression,
  isBinaryExpression,
  isBlock,
  isBreakStatement,
  isCallExpression,
  isConditionalExpression,
  isContinueStatement,
  isDoStatement,
  isExpressionStatement,
  isForStatement,
  isFunctionDeclaration,
  isIdentifier,
  isIfStatement,
  isMethodDeclaration,
  isPrefixUnaryExpression,
  isPropertyAccessExpression,
  isReturnStatement,
  isThrowStatement,
  isVariableStatement,
  isWhileStatement,
  type Node,
  type Statement,
  SyntaxKind,
} from "typescript/unstable/ast";
import type { Source } from "./compiler.ts";

/** Every rule, with what it does. */
export const rules = {
  negate: "a condition is negated",
  drop: "a condition is always true, or always false",
  boundary: "< and <=, > and >= are mixed up",
  one: "a + 1 or - 1 is gone",
  remove: "a statement is gone",
  return: "an early return, a continue or a throw is gone, with its condition",
  delete: "something is not deleted from a Map or a Set",
  extreme: "Math.max and Math.min are mixed up",
  field: "another field of the same type is used",
  swap: "two statements have changed places",
  boolean: "a true is a false, or the other way round",
  logic: "&& and || are mixed up, or one side of them is gone",
} as const;

/** The name of a rule. */
export type Rule = keyof typeof rules;

/** A change that a rule allows. */
export interface PossibleMutation {
  readonly rule: Rule;
  /** Where, in characters of the file. */
  readonly start: number;
  readonly end: number;
  /** What stands there instead; for `field` it is chosen when the candidate is drawn. */
  readonly replacement: string;
  /** Whether it takes the place of statements or of an expression. */
  readonly shape: "statement" | "expression";
  /** For `field`: the object and the access, of which the compiler knows the fields. */
  readonly access?: { readonly object: Node; readonly whole: Node };
}

/** Calls that state what must hold: without them the sound code does the same, and what they say is no part of a run. */
const assertions = new Set(["assert", "present", "unreachable"]);

/** All candidates of a file, in the order of their places. */
export function candidates({ text, tree }: Source): readonly PossibleMutation[] {
  const found: PossibleMutation[] = [];
  const textOf = (node: Node): string => text.slice(node.getStart(tree), node.end);
  const put = (rule: Rule, at: Node, replacement: string, shape: PossibleMutation["shape"] = "expression"): void => {
    found.push({ rule, start: at.getStart(tree), end: at.end, replacement, shape });
  };

  const negated = (node: Expression): string =>
    isPrefixUnaryExpression(node) && node.operator === SyntaxKind.ExclamationToken
      ? textOf(node.operand)
      : `!(${textOf(node)})`;
  const condition = (node: Expression): void => {
    put("negate", node, negated(node));
    put("drop", node, "true");
    put("drop", node, "false");
  };

  const conditionOf = (node: Node): void => {
    if (isIfStatement(node)) condition(node.expression);
    else if (isConditionalExpression(node)) condition(node.condition);
    else if (isWhileStatement(node) || isDoStatement(node)) put("drop", node.expression, "false");
    else if (isForStatement(node) && node.condition !== undefined) put("drop", node.condition, "false");
    else if (isReturnStatement(node) && node.expression !== undefined && isTruth(node.expression))
      put("negate", node.expression, negated(node.expression));
  };

  const binary = (node: Node): void => {
    if (!isBinaryExpression(node)) return;
    const { left, right, operatorToken } = node;
    const operator = textOf(operatorToken);
    const withOperator = (other: string): string =>
      text.slice(node.getStart(tree), operatorToken.getStart(tree)) + other + text.slice(operatorToken.end, node.end);
    const other = { "<": "<=", "<=": "<", ">": ">=", ">=": ">" }[operator];
    if (other !== undefined) put("boundary", node, withOperator(other));
    if (operator === "&&" || operator === "||") {
      const mixed = operator === "&&" ? "||" : "&&";
      put("logic", node, `((${textOf(left)}) ${mixed} (${textOf(right)}))`);
      put("logic", node, textOf(left));
      put("logic", node, textOf(right));
    }
    if ((operator === "+" || operator === "-") && textOf(right) === "1") put("one", node, textOf(left));
    else if (operator === "+" && textOf(left) === "1") put("one", node, textOf(right));
  };

  const call = (node: Node): void => {
    if (!isCallExpression(node) || !isPropertyAccessExpression(node.expression)) return;
    const { expression, name } = node.expression;
    const method = textOf(name);
    if (textOf(expression) === "Math" && (method === "max" || method === "min"))
      put("extreme", node.expression, `Math.${method === "max" ? "min" : "max"}`);
    // As a statement it is left out; where its answer matters, it answers and does nothing.
    if (method === "delete" && !isExpressionStatement(node.parent))
      put("delete", node, `${textOf(expression)}.has${text.slice(name.end, node.end)}`);
  };

  const field = (node: Node): void => {
    if (!isPropertyAccessExpression(node)) return;
    const { expression, name } = node;
    // What is called is no field; and of `a.b.c` each dot is a place of its own.
    if (isCallExpression(node.parent) && node.parent.expression === node) return;
    found.push({
      rule: "field",
      start: name.getStart(tree),
      end: name.end,
      replacement: "",
      shape: "expression",
      access: { object: expression, whole: node },
    });
  };

  const statement = (node: Node): void => {
    if (isExpressionStatement(node) && !isAssertion(node, textOf)) {
      const deleting =
        isCallExpression(node.expression) && /\.(delete|clear)$/.test(textOf(node.expression.expression));
      put(deleting ? "delete" : "remove", node, nothingAt(node), "statement");
    }
    if (isIfStatement(node) && node.elseStatement === undefined && isExit(node.thenStatement))
      put("return", node, nothingAt(node), "statement");
  };

  const swaps = (statements: readonly Statement[]): void => {
    for (let i = 1; i < statements.length; i++) {
      const [a, b] = [statements[i - 1], statements[i]];
      if (a === undefined || b === undefined || !isMovable(a) || !isMovable(b)) continue;
      if (isAssertion(a, textOf) || isAssertion(b, textOf)) continue;
      // Two declarations that change places seldom mean anything.
      if (isVariableStatement(a) && isVariableStatement(b)) continue;
      const between = text.slice(a.end, b.getStart(tree));
      found.push({
        rule: "swap",
        start: a.getStart(tree),
        end: b.end,
        replacement: textOf(b) + between + textOf(a),
        shape: "statement",
      });
    }
  };

  const visit = (node: Node): void => {
    if (isAssertionCall(node, textOf) || isThrowStatement(node) || isAboutSoundness(node, textOf)) return;
    if (isTypeOnly(node)) return;
    conditionOf(node);
    binary(node);
    call(node);
    field(node);
    statement(node);
    if (isBlock(node)) swaps(node.statements);
    if (node.kind === SyntaxKind.TrueKeyword) put("boolean", node, "false");
    if (node.kind === SyntaxKind.FalseKeyword) put("boolean", node, "true");
    node.forEachChild((child) => visit(child));
  };
  tree.forEachChild((child) => visit(child));
  return found;
}

/** A comparison, or comparisons put together: what can only be true or false. */
function isTruth(node: Expression): boolean {
  if (isPrefixUnaryExpression(node)) return node.operator === SyntaxKind.ExclamationToken;
  return isBinaryExpression(node) && truthOperators.has(node.operatorToken.kind);
}

const truthOperators: ReadonlySet<SyntaxKind> = new Set([
  SyntaxKind.LessThanToken,
  SyntaxKind.LessThanEqualsToken,
  SyntaxKind.GreaterThanToken,
  SyntaxKind.GreaterThanEqualsToken,
  SyntaxKind.EqualsEqualsEqualsToken,
  SyntaxKind.ExclamationEqualsEqualsToken,
  SyntaxKind.AmpersandAmpersandToken,
  SyntaxKind.BarBarToken,
]);

/** What stands in the place of a statement that is gone: among others nothing, but an `if` needs a branch. */
function nothingAt(node: Node): string {
  const { kind } = node.parent;
  return kind === SyntaxKind.Block || kind === SyntaxKind.SourceFile || kind === SyntaxKind.CaseClause ? "" : "{}";
}

function isExit(node: Statement): boolean {
  if (isBlock(node))
    return node.statements.length === 1 && node.statements[0] !== undefined && isExit(node.statements[0]);
  return isReturnStatement(node) || isContinueStatement(node) || isBreakStatement(node) || isThrowStatement(node);
}

function isMovable(node: Statement): boolean {
  return (
    isExpressionStatement(node) ||
    isVariableStatement(node) ||
    (isIfStatement(node) && node.elseStatement === undefined)
  );
}

function isAssertionCall(node: Node, textOf: (node: Node) => string): boolean {
  return isCallExpression(node) && isIdentifier(node.expression) && assertions.has(textOf(node.expression));
}

function isAssertion(node: Node, textOf: (node: Node) => string): boolean {
  return (
    isExpressionStatement(node) && (isAssertionCall(node.expression, textOf) || /[.#]assert\w*\(/.test(textOf(node)))
  );
}

/** A function that only asserts. */
function isAboutSoundness(node: Node, textOf: (node: Node) => string): boolean {
  return (
    (isFunctionDeclaration(node) || isMethodDeclaration(node)) &&
    node.name !== undefined &&
    /^#?assert/.test(textOf(node.name))
  );
}

function isTypeOnly(node: Node): boolean {
  return (
    node.kind === SyntaxKind.InterfaceDeclaration ||
    node.kind === SyntaxKind.TypeAliasDeclaration ||
    node.kind === SyntaxKind.ImportDeclaration ||
    node.kind === SyntaxKind.ExportDeclaration
  );
}
