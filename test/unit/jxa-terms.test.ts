import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { MARKER } from '../../agent/mac/script-outcome.ts';
import { packageFile } from '../../bridge/runtime/package-root.ts';

/** Terms of Apple's dictionaries that programs may use; a new one needs evidence that it exists. */
const APPLE = [
  'running',
  'accounts',
  'chats',
  'serviceType',
  'enabled',
  'id',
  'participants',
  'byName',
  'byId',
  'send',
];
/** JavaScript's own. */
const LANGUAGE = ['log', 'find', 'includes', 'exec', 'message', 'errorNumber'];
const APPLICATIONS = ['Messages'];

/** Ways to reach more than the terms show. */
const FORBIDDEN = [
  /\b(require|import|eval|Function|Automation|Library|delay|Ref|ObjC|\$)\b\s*[.(]/,
  /\bdoShellScript\b/,
  /\bcurrentApplication\b/,
  /\bincludeStandardAdditions\b/,
  /\[\s*['"`]/,
];

const withoutComments = (source: string): string =>
  source.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '');

/** What a program may not say. */
function complaints(source: string): string[] {
  const code = withoutComments(source).replaceAll(/\binput\.(handle|text|chat)\b/g, 'input');
  const terms = [...code.matchAll(/\.\s*([A-Za-z_$][\w$]*)/g)].map((match) => match[1] ?? '');
  const applications = [...code.matchAll(/\bApplication\(([^)]*)\)/g)].map((match) => match[1] ?? '');
  return [
    ...terms.filter((term) => ![...APPLE, ...LANGUAGE].includes(term)).map((term) => `term ${term}`),
    ...applications
      .filter((name) => !APPLICATIONS.some((allowed) => name === `'${allowed}'`))
      .map((name) => `application ${name}`),
    ...FORBIDDEN.filter((pattern) => pattern.test(code)).map((pattern) => `pattern ${pattern.source}`),
  ];
}

const folder = packageFile('scripts', 'jxa');
const programs = readdirSync(folder).filter((name) => name.endsWith('.js'));

test('there are programs to look at', () => {
  expect(programs).toContain('send.js');
});

describe.each(programs)('%s', (name) => {
  const source = readFileSync(`${folder}/${name}`, 'utf8');

  test('uses only terms that are known to exist', () => {
    expect(complaints(source)).toEqual([]);
  });

  test('is one function main(input)', () => {
    expect(withoutComments(source).trim()).toMatch(/^function main\(input\) \{[\s\S]*\}$/);
    expect(source.match(/^function /gm)).toHaveLength(1);
  });
});

test('send.js writes the marker that the host looks for', () => {
  expect(readFileSync(`${folder}/send.js`, 'utf8')).toContain(`console.log('${MARKER}');`);
});

test.each([
  "function main(input) { Application('Messages').windows() }",
  "function main(input) { Application('Finder').id() }",
  'function main(input) { Application(input.app).id() }',
  "function main(input) { Application('Messages')['close']() }",
  'function main(input) { app.doShellScript(input.x) }',
  "function main(input) { eval('1') }",
])('a program that says more is complained of: %s', (source) => {
  expect(complaints(source)).not.toEqual([]);
});
