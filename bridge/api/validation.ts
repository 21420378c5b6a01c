import type { FastifySchemaCompiler } from 'fastify';
import type { z } from 'zod';
import type { AppError } from '../runtime/app-error.ts';
import { requestError } from './error-reply.ts';

const MOST_ISSUES = 10;

type Issue = z.core.$ZodIssue;

interface Fault {
  param: string;
  code: 'missing_required_parameter' | 'invalid_parameter_value';
  message: string;
}

/** Zod's path as a customer writes it: `metadata.order`, `events[0]`; long foreign keys are cut. */
function paramOf(path: readonly PropertyKey[]): string {
  let param = '';
  for (const step of path) {
    if (typeof step === 'number') param += `[${step}]`;
    else param += `${param ? '.' : ''}${String(step)}`;
  }
  return param.slice(0, 200);
}

function isAbsent(data: unknown, path: readonly PropertyKey[]): boolean {
  let value = data;
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return false;
    value = Object.hasOwn(value, step) ? (value as Record<PropertyKey, unknown>)[step] : undefined;
  }
  return value === undefined;
}

function faultOf(issue: Issue, data: unknown): Fault {
  if (issue.code === 'unrecognized_keys') {
    const param = paramOf([...issue.path, ...issue.keys.slice(0, 1)]);
    return { param, code: 'invalid_parameter_value', message: `Unknown field: ${param}.` };
  }
  const param = paramOf(issue.path);
  if (isAbsent(data, issue.path))
    return { param, code: 'missing_required_parameter', message: `Required field is missing: ${param}.` };
  return { param, code: 'invalid_parameter_value', message: `Invalid value of ${param}: ${issue.message}.` };
}

function validationError(error: z.core.$ZodError, data: unknown, part: string): AppError {
  if (part === 'body' && (data === null || data === undefined))
    return requestError('invalid_json', 'There is no JSON object: the body is absent, or null.');
  if (part === 'body' && (typeof data !== 'object' || Array.isArray(data)))
    return requestError('invalid_request', 'The body is not a JSON object.');
  const faults = error.issues.slice(0, MOST_ISSUES).map((issue) => faultOf(issue, data));
  const [first] = faults;
  if (!first) return requestError('invalid_request', 'The request is not valid.');
  return requestError(first.code, first.message, {
    param: first.param,
    ...(faults.length > 1 ? { details: { issues: faults } } : {}),
  });
}

/** Compiles the zod schemas of a route's parts; a refusal names the field and never repeats its value. */
export const validatorCompiler: FastifySchemaCompiler<z.ZodType> = ({ schema, httpPart }) => {
  return (data: unknown) => {
    const result = schema.safeParse(data);
    return result.success
      ? { value: result.data }
      : { error: validationError(result.error, data, httpPart ?? 'body') };
  };
};
