import type { ErrorCode } from '../../src/errors.ts'
import { problems } from '../../src/http/error-response.ts'
import type { Validated } from '../../src/http/validate.ts'
import { extraExamples } from './extra-examples.ts'
import { refersTo } from './headers.ts'
import type { Operation } from '../../src/openapi/operation.ts'

const codes = Object.keys(problems) as ErrorCode[]

/** The route's own errors, and those that follow from its access, parameters and body. */
export function problemCodesOf(
  name: string,
  { access, errors = [], uploads, idempotent, conditional }: Operation,
  validated: Validated[],
) {
  const targets = validated.map(({ target }) => target)
  const all: ErrorCode[] = [
    ...errors,
    'invalid_request', // an unknown query parameter, on any route
    'not_acceptable',
    'too_many_requests',
    'internal_error',
    'temporarily_unavailable',
  ]
  if (access !== 'public') all.push('token_missing', 'token_invalid', 'token_revoked')
  if (access === 'staff') all.push('not_staff')
  if (uploads || targets.includes('json')) all.push('unsupported_media_type')
  if (targets.includes('param')) all.push('not_found')
  if (idempotent) all.push('idempotency_key_reused')
  // A replay reads the resource, which may be gone; that of registering, which is public, reads nothing.
  if (idempotent && access !== 'public') all.push('not_found')
  if (conditional === 'write') all.push('precondition_failed')
  if (!name.startsWith('GET ')) all.push('body_too_large')
  return [...new Set(all)]
}

export function describeProblems(all: ErrorCode[]) {
  const byStatus = Object.groupBy(all, (code) => problems[code].status)
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, group]) => [
      status,
      {
        description: group.map((code) => `\`${code}\``).join(', '),
        headers: refersTo(
          status === '401'
            ? ['WWW-Authenticate']
            : status === '503' || status === '429'
              ? ['Retry-After']
              : [],
        ),
        content: {
          'application/problem+json': {
            schema: { $ref: '#/components/schemas/Problem' },
            examples: Object.fromEntries(
              group.map((code) => [code, { $ref: `#/components/examples/${code}` }]),
            ),
          },
        },
      },
    ]),
  )
}

function problemExample(code: ErrorCode) {
  const { status, title } = problems[code]
  return { type: 'about:blank', title, status, detail: `${title}.`, code, ...extraExamples[code] }
}

export const problemSchema = {
  type: 'object',
  description: 'RFC 9457. A problem may have extra fields, such as `available` or `items`.',
  required: ['type', 'title', 'status', 'detail', 'code'],
  properties: {
    type: { const: 'about:blank' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { enum: codes },
    errors: {
      description: 'Messages by field; those about the body as a whole are under "".',
      type: 'object',
      additionalProperties: { type: 'array', items: { type: 'string' } },
    },
    error_codes: {
      description: 'The codes of `errors`, in the same order, for clients that word messages themselves.',
      type: 'object',
      additionalProperties: { type: 'array', items: { $ref: '#/components/schemas/FieldError' } },
    },
  },
  additionalProperties: true,
}

/** An example for each code that these operations, as JSON, refer to. */
export function problemExamples(operations: string) {
  const used = codes.filter((code) => operations.includes(`"#/components/examples/${code}"`))
  return Object.fromEntries(used.map((code) => [code, { value: problemExample(code) }]))
}
