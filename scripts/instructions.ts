// Checks that there is no second list of instructions: a fact about an instruction is a column of its row in src/wasm/opcodes.ts.
// Refuses, below src, codes of instructions written as numbers where an instruction is compared or written; arrays of names of instructions; and
// patterns over their names, which a type of such names reveals.
import { dirname, join, relative, sep } from 'node:path';
import ts from 'typescript';
import { OPCODES } from '#src/wasm/opcodes.js';

/** In these rooms a number of one byte that is compared or written can only be an instruction. */
const ROOMS_OF_INSTRUCTIONS = ['src/validate/', 'src/instrument/', 'src/engine/'];
const TABLE = 'src/wasm/opcodes.ts';

/** The methods that write an instruction, and those that search in a text. */
const WRITERS: ReadonlySet<string> = new Set(['u8', 'op', 'opcode']);
const SEARCHES: ReadonlySet<string> = new Set([
  ...['startsWith', 'endsWith', 'includes', 'indexOf', 'slice', 'substring', 'charAt'],
  ...['match', 'matchAll', 'search', 'split'],
]);
const CODE = /^0x([0-9a-f]{2}|f[b-e]_[0-9a-f]{4})$/i;

/** @param root the folder that holds src @returns one line per fault, none when all is well */
export function checkInstructions(root: string): string[] {
  const program = programOf(root);
  const checker = program.getTypeChecker();
  return program
    .getSourceFiles()
    .map((file) => ({ file, path: relative(root, file.fileName).split(sep).join('/') }))
    .filter(({ path }) => path.startsWith('src/') && path !== TABLE && !/\.(gen|test)\.ts$/.test(path))
    .flatMap(({ file, path }) => faultsOf(file, path, checker));
}

function programOf(root: string): ts.Program {
  const path = join(root, 'tsconfig.core.json');
  const { config } = ts.readConfigFile(path, ts.sys.readFile);
  const { fileNames, options } = ts.parseJsonConfigFileContent(config, ts.sys, dirname(path));
  return ts.createProgram(fileNames, { ...options, noEmit: true, composite: false, incremental: false });
}

function faultsOf(file: ts.SourceFile, path: string, checker: ts.TypeChecker): string[] {
  const faults: string[] = [];
  const inRooms = ROOMS_OF_INSTRUCTIONS.some((room) => path.startsWith(room));
  const visit = (node: ts.Node): void => {
    const fault = (inRooms && bareCode(node)) || listOfNames(node) || patternOverNames(node, checker);
    if (fault) faults.push(`${path}:${file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1}: ${fault}`);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return faults;
}

function bareCode(node: ts.Node): string | undefined {
  if (!ts.isNumericLiteral(node) || !CODE.test(node.getText())) return undefined;
  // This goes through `wide ? 0x51 : 0x46` to what takes the number.
  let user = node.parent;
  while (ts.isConditionalExpression(user) || ts.isParenthesizedExpression(user)) user = user.parent;
  const isCompared =
    ts.isCaseClause(user) ||
    (ts.isBinaryExpression(user) &&
      (user.operatorToken.kind === ts.SyntaxKind.EqualsEqualsEqualsToken ||
        user.operatorToken.kind === ts.SyntaxKind.ExclamationEqualsEqualsToken));
  const isWritten =
    ts.isCallExpression(user) &&
    ts.isPropertyAccessExpression(user.expression) &&
    WRITERS.has(user.expression.name.text);
  return isCompared || isWritten
    ? `${node.getText()} is the code of an instruction: take it from its row in ${TABLE}`
    : undefined;
}

function listOfNames(node: ts.Node): string | undefined {
  if (!ts.isArrayLiteralExpression(node) || node.elements.length < 2) return undefined;
  const isName = (one: ts.Expression): boolean => ts.isStringLiteral(one) && Object.hasOwn(OPCODES, one.text);
  return node.elements.every(isName) ? `a list of instructions: make it a column of ${TABLE}` : undefined;
}

function patternOverNames(node: ts.Node, checker: ts.TypeChecker): string | undefined {
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return undefined;
  const { expression: receiver, name } = node.expression;
  const searched = SEARCHES.has(name.text)
    ? receiver
    : name.text === 'test' || name.text === 'exec'
      ? node.arguments[0]
      : undefined;
  if (searched === undefined || !isNameOfInstruction(checker.getTypeAtLocation(searched))) return undefined;
  return `${name.text} searches in the name of an instruction: make what it finds a column of ${TABLE}`;
}

/** Whether a type consists of such names and nothing else. */
function isNameOfInstruction(type: ts.Type): boolean {
  const types = type.isUnion() ? type.types : [type];
  return types.every((one) => one.isStringLiteral() && Object.hasOwn(OPCODES, one.value));
}
