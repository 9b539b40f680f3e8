/** The headers of responses, each described once. */
export const headers = {
  'Idempotent-Replayed': {
    description: 'This request is a repeat and had no second effect.',
    schema: { const: 'true' },
  },
  ETag: { description: 'The version of the resource.', schema: { type: 'string' } },
  Location: { description: 'The path of the created resource.', schema: { type: 'string' } },
  'Retry-After': { description: 'Seconds to wait.', schema: { type: 'integer' } },
  'X-D1-Bookmark': {
    description: 'The database state that this response reflects. Send it with the next request.',
    schema: { type: 'string' },
  },
  'WWW-Authenticate': { schema: { const: 'Bearer' } },
}

export function refersTo(names: (keyof typeof headers)[]) {
  if (names.length === 0) return undefined
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]))
}
