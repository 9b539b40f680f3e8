/** Headers that answers carry, described once. */
export const headers = {
  'Idempotent-Replayed': {
    description: 'The request was made before, and had no second effect.',
    schema: { const: 'true' },
  },
  ETag: { description: 'Version of what was read.', schema: { type: 'string' } },
  Location: { description: 'Path of what was made.', schema: { type: 'string' } },
  'Retry-After': { description: 'Seconds to wait.', schema: { type: 'integer' } },
  'X-D1-Bookmark': {
    description: 'What this answer has seen of the database. Send it with the next request.',
    schema: { type: 'string' },
  },
  'WWW-Authenticate': { schema: { const: 'Bearer' } },
}

export function refersTo(names: (keyof typeof headers)[]) {
  if (names.length === 0) return undefined
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]))
}
