/**
 * A JSON object that holds nothing but the names given; undefined for anything else. For the worker of an act, which
 * lives for one act: to load a library of schemas would take it as much CPU as all the rest of its start.
 */
export function jsonObject<Name extends string>(
  value: unknown,
  names?: readonly Name[],
): Readonly<Partial<Record<Name, unknown>>> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const known: readonly string[] | undefined = names;
  if (known && !Object.keys(value).every((name) => known.includes(name))) return undefined;
  return value as Readonly<Partial<Record<Name, unknown>>>;
}
