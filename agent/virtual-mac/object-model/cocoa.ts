import type { Call } from './messages.ts';

/** `ObjC` and `$` of JXA, as far as programs of ours use them; `delay` sleeps as the real one does. */
export function cocoaGlobals(call: Call, environment: Readonly<Record<string, string | undefined>>): object {
  const ui = (request: Extract<Parameters<Call>[0], { call: 'ui' }>['request']) =>
    call({ call: 'ui', request });
  return {
    ObjC: {
      import: (_framework: string) => undefined,
      castRefToObject: (ref: unknown) => ref,
      deepUnwrap: (value: unknown) => value,
    },
    $: {
      getenv: (name: string) => environment[name],
      CGSessionCopyCurrentDictionary: () => ui({ ask: 'session' }),
      AXIsProcessTrusted: () => ui({ ask: 'trusted' }),
      NSBundle: {
        bundleWithPath: (bundle: string) => ({
          localizedStringForKeyValueTable: (key: string, _missing: unknown, table: string) => ({
            js: ui({ ask: 'words', bundle, key, table }),
          }),
        }),
      },
    },
    delay: (seconds: number) => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, seconds * 1000);
    },
  };
}

/** `Application.currentApplication()` with its standard additions, of which only the opening of a URL is here. */
export const currentApplication = (call: Call): object => ({
  includeStandardAdditions: false,
  openLocation: (url: string) => {
    call({ call: 'ui', request: { ask: 'open', url } });
  },
});
