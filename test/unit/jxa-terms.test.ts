import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { MARKER } from '../../agent/mac/script-outcome.ts';
import { packageFile } from '../../bridge/runtime/package-root.ts';

/** Terms of Apple's dictionaries by what a program must name to use them; a new one needs evidence that it exists. */
const APPLE: readonly { where: RegExp; terms: readonly string[] }[] = [
  {
    where: /\bApplication\('Messages'\)/,
    terms: [
      ...['running', 'accounts', 'chats', 'serviceType', 'enabled', 'connectionStatus', 'id'],
      ...['participants', 'byName', 'byId', 'send', 'quit'],
    ],
  },
  {
    where: /\bApplication\('System Events'\)|\bmessagesUi\(input\)|\bscreenUi\(|\bcallsUi\(\)/,
    terms: [
      ...['processes', 'whose', 'frontmost', 'windows', 'menuBars', 'uiElements', 'attributes', 'byName'],
      ...['value', 'actions', 'name', 'description', 'perform', 'keyCode'],
    ],
  },
  {
    where: /\bApplication\.currentApplication\(\)/,
    terms: ['currentApplication', 'includeStandardAdditions', 'openLocation'],
  },
  {
    where: /\bObjC\.|\$\.NSBundle\b/,
    terms: [
      ...['import', 'castRefToObject', 'deepUnwrap', 'js'],
      ...['CGSessionCopyCurrentDictionary', 'kCGSSessionOnConsoleKey', 'CGSSessionScreenIsLocked'],
      ...['AXIsProcessTrusted', 'NSBundle', 'bundleWithPath', 'localizedStringForKeyValueTable'],
    ],
  },
];
/** JavaScript's own, and those of our values. */
const LANGUAGE = [
  ...['log', 'find', 'includes', 'exec', 'message', 'errorNumber', 'code', 'assign', 'now', 'test'],
  ...[
    'map',
    'flatMap',
    'filter',
    'some',
    'push',
    'sort',
    'reverse',
    'slice',
    'split',
    'join',
    'trim',
    'replace',
  ],
  ...[
    'length',
    'startsWith',
    'toLowerCase',
    'drafts',
    'unread',
    'item',
    'text',
    'kind',
    'identifier',
    'guid',
    'element',
    'action',
    'leave',
    'ringing',
  ],
];
const APPLICATIONS = ['Messages', 'System Events'];
const FRAMEWORKS = ['CoreGraphics', 'ApplicationServices'];

/** Ways to reach more than the terms show. */
const FORBIDDEN = [
  /\b(require|eval|Function|Automation|Library|Ref)\b\s*[.(]/,
  /(?<!ObjC\.)\bimport\b/,
  /\bdoShellScript\b/,
  /(?:\bObjC|\$)\s*\[/,
  /\[\s*['"`][^\]]*\]\s*\(/,
];

/** What Accessibility calls attributes, actions, roles and the banner of a call. */
const ACCESSIBILITY = [
  ...['AXRole', 'AXSubrole', 'AXIdentifier', 'AXTitle', 'AXDescription', 'AXValue'],
  ...['AXEnabled', 'AXSelected', 'AXFocused', 'AXPress', 'AXShowMenu'],
  ...['AXButton', 'AXMenu', 'AXPopUpButton', 'AXSheet', 'AXTextArea', 'AXTextField'],
  'AXNotificationCenterBanner',
];
const BUNDLES = [
  ...['com.apple.MobileSMS', 'com.apple.FaceTime', 'com.apple.mobilephone'],
  'com.apple.notificationcenterui',
];
/** What is reached by a name that is computed, or taken apart, may be a term that nobody sees: only our own values are. */
const OWN_TABLES = /(?:\b[A-Z][A-Z_]+|\(\s*[A-Z][A-Z_]+\s*\)|\bwaiting|\b(?:return|const|let|of|in))\s*$/;
const OWN_VALUES = /^\s*(?:screen\b|ui\b|BUTTONS\b)/;

/** Libraries, by the name of their one function; programs call them and use what they return. */
const LIBRARIES: Record<string, string> = {
  'sending.js': 'sendTo',
  'screen-ui.js': 'screenUi',
  'messages-ui.js': 'messagesUi',
  'calls-ui.js': 'callsUi',
};

const withoutComments = (source: string): string =>
  source.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '');

/** Code without what its strings and regular expressions say. */
const bare = (code: string): string =>
  code
    .replaceAll(/`([^`]*)`/g, (_all, said: string) => (said.match(/\$\{[^}]*\}/g) ?? []).join(' '))
    .replaceAll(/'(?:[^'\\\n]|\\.)*'/g, "''")
    .replaceAll(/(?<=[(,=!&|]\s?)\/(?:[^/\\\n]|\\.)+\/[a-z]*/g, '0');

const functionsOf = (source: string): string[] =>
  [...source.matchAll(/^ {4}(\w+)(?:,|: )/gm)].map((match) => match[1] ?? '');

/** What a program may not say. */
function complaints(source: string): string[] {
  const code = withoutComments(source)
    .replaceAll(/\binput(\.(?!constructor)[a-z]+)+\b/gi, 'input')
    .replaceAll(/\b(?:ui|screen)\.([A-Za-z]+)\b/g, (said, name: string) =>
      offered.includes(name) ? 'ui' : said,
    );
  const plain = bare(code);
  const terms = [...plain.matchAll(/(?<!\.\.)\.\s*([A-Za-z_$][\w$]*)/g)].map((match) => match[1] ?? '');
  const named = (pattern: RegExp, allowed: readonly string[]): string[] =>
    [...code.matchAll(pattern)]
      .map((match) => match[1] ?? '')
      .filter((name) => !allowed.some((one) => name === `'${one}'`));
  const computed = [...plain.matchAll(/[\w$)\]]\s*\[(?!\d+\])/g)]
    .map(({ index, 0: found }) => plain.slice(Math.max(0, index - 30), index + found.length - 1))
    .filter((before) => !OWN_TABLES.test(before));
  const apart = [...plain.matchAll(/\{[^{}]*\}\s*=(?![=>])([^;]*)/g)].filter(
    ({ 1: from = '' }) => !OWN_VALUES.test(from),
  );
  const aliases = plain.match(/\bApplication\b(?!\(|\.currentApplication\(\))/g) ?? [];
  const words = (pattern: RegExp, allowed: readonly string[]): string[] =>
    (code.match(pattern) ?? []).filter((word) => !allowed.includes(word));
  const known = APPLE.filter(({ where }) => where.test(code)).flatMap((group) => group.terms);
  return [
    ...terms.filter((term) => ![...known, ...LANGUAGE].includes(term)).map((term) => `term ${term}`),
    ...named(/\bApplication\(([^)]*)\)/g, APPLICATIONS).map((name) => `application ${name}`),
    ...named(/\bimport\(([^)]*)\)/g, FRAMEWORKS).map((name) => `framework ${name}`),
    ...computed.map((before) => `computed name after ${before}`),
    ...apart.map(([whole]) => `taken apart: ${whole}`),
    ...aliases.map((name) => `alias of ${name}`),
    ...words(/\bAX[A-Z]\w*/g, [...ACCESSIBILITY, 'AXIsProcessTrusted']).map(
      (word) => `Accessibility ${word}`,
    ),
    ...words(/\bcom\.apple\.[\w.]+/g, BUNDLES).map((word) => `bundle ${word}`),
    ...FORBIDDEN.filter((pattern) => pattern.test(plain)).map((pattern) => `pattern ${pattern.source}`),
  ];
}

const folder = packageFile('scripts', 'jxa');
const programs = readdirSync(folder).filter((name) => name.endsWith('.js'));
/** What the libraries return. */
const offered = Object.keys(LIBRARIES).flatMap((name) =>
  functionsOf(readFileSync(`${folder}/${name}`, 'utf8')),
);

test('there are programs to look at', () => {
  expect(programs).toContain('send-text.js');
});

describe.each(programs)('%s', (name) => {
  const source = readFileSync(`${folder}/${name}`, 'utf8');

  test('uses only terms that are known to exist', () => {
    expect(complaints(source)).toEqual([]);
  });

  test('is one function: main(input), or that of the library', () => {
    const whole = withoutComments(source).trim();
    expect(whole).toMatch(/^function \w+\([^)]*\) \{[\s\S]*\}$/);
    expect(whole.slice('function '.length, whole.indexOf('('))).toBe(LIBRARIES[name] ?? 'main');
    expect(source.match(/^function /gm)).toHaveLength(1);
  });
});

test('sending.js writes the marker that the host looks for', () => {
  expect(readFileSync(`${folder}/sending.js`, 'utf8')).toContain(`console.log('${MARKER}');`);
});

test.each([
  "function main(input) { Application('Messages').windows() }",
  "function main(input) { Application('Finder').id() }",
  'function main(input) { Application(input.app).id() }',
  "function main(input) { Application('Messages')['close']() }",
  'function main(input) { app.doShellScript(input.x) }',
  "function main(input) { eval('1') }",
  "function main(input) { Application('System Events').doShellScript(input.x) }",
  "function main(input) { ObjC.import('Foundation') }",
  'function main(input) { ObjC.import(input.framework) }',
  "function main(input) { ObjC.import('CoreGraphics'); $.NSTask.alloc.init.launch }",
  "function main(input) { ObjC.import('CoreGraphics'); $['NSTask'] }",
  'function main(input) { const ui = messagesUi(input); ui.constructor(input) }',
  "function main(input) { const term = Application('Messages')['windows']; term() }",
  "function main(input) { Application('Messages')[input.term]() }",
  "function main(input) { const messages = Application('Messages'); messages[input.term]() }",
  "function main(input) { const { windows } = Application('Messages'); windows() }",
  "function main(input) { const other = Application; other('Finder') }",
  "function main(input) { const ui = messagesUi(input); ui.read(ui.mainWindow(), 'AXDocument') }",
  "function main(input) { const ui = screenUi({ bundle: 'com.apple.finder' }); ui.run(() => true) }",
])('a program that says more is complained of: %s', (source) => {
  expect(complaints(source)).not.toEqual([]);
});

const REFERENCE = packageFile('..', 'shared', 'reference', 'mac-actions.md');

test.skipIf(!existsSync(REFERENCE))('every term of Messages is one that the notes on Macs list', () => {
  const notes = readFileSync(REFERENCE, 'utf8');
  // JXA writes the dictionary's words in one: `service type` is `serviceType`, `count of accounts` is `accounts`.
  const spaced = (term: string): string => term.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  const [messages] = APPLE;
  const missing = messages?.terms.filter((term) => !notes.includes(term) && !notes.includes(spaced(term)));
  expect(missing).toEqual([]);
  for (const bundle of BUNDLES.slice(0, 3))
    expect(notes.toLowerCase()).toContain(bundle.toLowerCase().split('.').at(-1));
});
