import { type FieldErrorCode, type FieldErrorParams, fieldError, sentenceOf } from '../../src/field-errors.ts'

/** An example of the parameters of each code of a field error. */
const exampleParams: { [Code in FieldErrorCode]: FieldErrorParams[Code] } = {
  required: undefined,
  empty: undefined,
  too_short: { min: 8 },
  too_long: { max: 255 },
  too_many: { max: 10 },
  wrong_type: { expected: 'string' },
  not_single: undefined,
  control_characters: undefined,
  compatibility_characters: undefined,
  not_integer: { min: 1, max: 100_000 },
  not_amount: { min: '0.00', max: '99999999.99' },
  not_moment: undefined,
  not_one_of: { values: ['true', 'false'] },
  not_email: undefined,
  not_phone: { max: 40, max_digits: 20 },
  not_country: undefined,
  not_url: undefined,
  not_allowed_origin: { allowed: ['https://shop.example'] },
  not_public_address: undefined,
  not_event: undefined,
  not_both: { fields: ['stock', 'stock_delta'] },
  cannot_change: undefined,
  belongs_elsewhere: { method: 'POST', path: '/api/users/password/' },
  no_such_category: undefined,
  wrong_password: undefined,
  digits_only: undefined,
  like_email: undefined,
  like_name: undefined,
  too_common: undefined,
  not_unicode: undefined,
  not_valid_token: undefined,
  not_your_refresh_token: undefined,
  unknown_parameter: { known: ['page_size', 'cursor', 'page'] },
  not_cursor: undefined,
  page_too_far: { rows: 10_000 },
  not_etag: undefined,
  not_idempotency_key: { max: 255 },
  body_missing: undefined,
  body_not_utf8: undefined,
  body_not_json: undefined,
  body_not_object: undefined,
  not_picture: undefined,
  picture_type_differs: { type: 'image/png' },
  picture_damaged: undefined,
  picture_animated: undefined,
  picture_has_more: undefined,
  picture_too_large: { max_side: 12_000, max_megapixels: 40 },
  too_many_rows: { max: 5000 },
  too_many_columns: { max: 1000 },
  no_rows: undefined,
  unknown_headers: { headers: ['Nom', 'Prix'] },
  no_such_header: undefined,
  misplaced_quotes: undefined,
  too_many_cells: { max: 11 },
  repeated_in_file: { row: 2 },
  ambiguous_name: undefined,
  sku_taken: undefined,
}

const codes = Object.keys(exampleParams) as FieldErrorCode[]

const examples = codes.map((code) => ({
  code,
  params: Object.entries<unknown>(exampleParams[code] ?? {}),
  sentence: sentenceOf(fieldError(code, exampleParams[code] as never)),
}))

/** A row of the table in docs/errors.md for each code. */
export function fieldErrorRows(): string[] {
  return examples.map(({ code, params, sentence }) => {
    const shown = params.map(([name, value]) => `\`${name}: ${JSON.stringify(value)}\``).join(', ')
    return `| \`${code}\` | ${shown} | ${sentence} |`
  })
}

/** One alternative for each code, with its parameters. */
export const fieldErrorSchema = {
  description:
    'What is wrong with a field: a stable code, and the values in its sentence as parameters. Later versions may add codes.',
  oneOf: examples.map(({ code, params, sentence }) => ({
    title: code,
    description: sentence,
    type: 'object',
    required: ['code', ...params.map(([name]) => name)],
    properties: {
      code: { const: code },
      ...Object.fromEntries(params.map(([name, value]) => [name, schemaOf(value)])),
    },
  })),
}

function schemaOf(value: unknown): object {
  if (Array.isArray(value)) return { type: 'array', items: { type: 'string' } }
  return { type: typeof value === 'number' ? 'integer' : 'string' }
}
