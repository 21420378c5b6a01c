/**
 * Tells of the session at the screen and of Accessibility. Sends no Apple event, so that it never asks a person.
 *
 * @returns {{ ok: boolean, step: string, changed: boolean, value: object }}
 */
function main() {
  ObjC.import('ApplicationServices');
  ObjC.import('CoreGraphics');
  const found = ObjC.deepUnwrap(ObjC.castRefToObject($.CGSessionCopyCurrentDictionary()));
  const session =
    /** @type {{ kCGSSessionOnConsoleKey?: unknown, CGSSessionScreenIsLocked?: unknown } | undefined} */ (
      found
    );
  return {
    ok: true,
    step: 'probed',
    changed: false,
    value: {
      accessibility: Boolean($.AXIsProcessTrusted()),
      console: Boolean(session?.kCGSSessionOnConsoleKey),
      locked: Boolean(session?.CGSSessionScreenIsLocked),
    },
  };
}
