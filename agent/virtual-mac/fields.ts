interface Kinds {
  string: string;
  number: number;
  boolean: boolean;
}

/**
 * The named fields of a JSON object, each of its kind; throws TypeError for anything else. For osascript and the
 * commands, which are processes of a moment: a library of schemas would be half of their start.
 */
export function fieldsOf<Shape extends Readonly<Record<string, keyof Kinds>>>(
  value: unknown,
  shape: Shape,
): { [Name in keyof Shape]: Kinds[Shape[Name]] } {
  const given = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  for (const [name, kind] of Object.entries(shape))
    if (typeof given[name] !== kind) throw new TypeError(`the virtual Mac told no ${name}`);
  return given as { [Name in keyof Shape]: Kinds[Shape[Name]] };
}

/** A list of such objects. */
export function listOf<Shape extends Readonly<Record<string, keyof Kinds>>>(
  value: unknown,
  shape: Shape,
): { [Name in keyof Shape]: Kinds[Shape[Name]] }[] {
  if (!Array.isArray(value)) throw new TypeError('the virtual Mac told no list');
  return value.map((item) => fieldsOf(item, shape));
}
