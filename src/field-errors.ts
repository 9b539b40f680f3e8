/**
 * What can be wrong with a field of a request: each code with its parameters and its sentence. A code is part of the
 * public contract, like those of `errors.ts`: add freely, never rename. The list is in the reference and in
 * docs/errors.md.
 */
const sentences = {
  required: () => 'This field is required.',
  empty: () => 'Must not be empty.',
  too_short: ({ min }: { min: number }) => `Must have at least ${min} characters.`,
  too_long: ({ max }: { max: number }) => `Must have at most ${max} characters.`,
  too_many: ({ max }: { max: number }) => `Must have at most ${max} values.`,
  wrong_type: ({ expected }: { expected: string }) =>
    ({ string: 'Must be text.', object: 'Must be a JSON object.', array: 'Must be a list.' })[expected] ??
    `Must be of the type ${expected}.`,
  not_single: () => 'Must be a single value, not a list.',
  control_characters: () => 'Must not contain control characters.',
  compatibility_characters: () => 'Is too long after Unicode normalization (NFKC).',

  /** Without an upper bound, `max` is Number.MAX_SAFE_INTEGER. */
  not_integer: ({ min, max }: { min: number; max: number }) =>
    max === Number.MAX_SAFE_INTEGER
      ? `Must be a whole number of at least ${min}.`
      : `Must be a whole number from ${min} to ${max}.`,
  not_amount: ({ min, max }: { min: string; max: string }) =>
    `Must be an amount from ${min} to ${max} with at most two decimal places.`,
  not_moment: () => 'Must be a date and time with its zone, such as 2026-01-31T12:00:00Z.',
  not_one_of: ({ values }: { values: readonly string[] }) => `Must be one of ${values.join(', ')}.`,
  not_email: () => 'Must be an e-mail address.',
  not_phone: ({ max, max_digits }: { max: number; max_digits: number }) =>
    `Must be a phone number of at most ${max} characters and ${max_digits} digits, such as +49 (0)30 1234567 or 555-0100 ext. 5.`,
  not_country: () => 'Must be a country code of two letters (ISO 3166-1), such as DE or GB.',
  not_url: () => 'Must be an address such as https://shop.example/thanks.',
  not_allowed_origin: ({ allowed }: { allowed: readonly string[] }) =>
    `Its origin must be one of ${allowed.join(', ')}.`,
  not_public_address: () =>
    'Must be an https address on port 443 of a public host, and not of the shop itself.',
  not_event: () => 'Must be the id of an event, or now.',
  not_both: ({ fields }: { fields: readonly [string, string] }) =>
    `Give either ${fields[0]} or ${fields[1]}, not both.`,

  cannot_change: () => 'Cannot be changed.',
  belongs_elsewhere: ({ method, path }: { method: string; path: string }) =>
    `Does not belong here: send it with ${method} ${path}.`,
  no_such_category: () => 'There is no such category.',

  wrong_password: () => 'This is not the current password.',
  digits_only: () => 'The password must not consist of digits only.',
  like_email: () => 'The password is too much like the e-mail address.',
  like_name: () => 'The password is too much like the name.',
  too_common: () => 'The password is too common.',
  not_unicode: () => 'Must be valid Unicode.',
  not_valid_token: () => 'The link is invalid, has been used or has expired. Please ask for a new one.',
  not_your_refresh_token: () => 'This is not a refresh token of your account.',

  unknown_parameter: ({ known }: { known: readonly string[] }) =>
    known.length === 0 ? 'This route takes no parameters.' : `This route takes only ${known.join(', ')}.`,
  not_cursor: () => 'Not a cursor of this list with these filters and this ordering. Follow `next` as it is.',
  page_too_far: ({ rows }: { rows: number }) =>
    `Numbered pages of this list end at row ${rows}. If it goes on, \`next\` of the last page leads further.`,

  not_etag: () => 'Must be the quoted ETag of the resource, or *.',
  not_idempotency_key: ({ max }: { max: number }) => `Must be 1 to ${max} visible ASCII characters.`,

  body_missing: () => 'The body is missing: send a JSON object.',
  body_not_utf8: () => 'The body is not UTF-8.',
  body_not_json: () => 'The body is not JSON.',
  body_not_object: () => 'The body must be a JSON object.',

  not_picture: () => 'The body is not a JPEG, PNG or WebP picture.',
  picture_type_differs: ({ type }: { type: string }) =>
    `The body is ${type}: send it with that Content-Type.`,
  picture_damaged: () => 'The picture is damaged or incomplete.',
  picture_animated: () => 'The picture is animated. Send a still picture.',
  picture_has_more: () => 'The file has something else after the picture.',
  picture_too_large: ({ max_side, max_megapixels }: { max_side: number; max_megapixels: number }) =>
    `The picture must have at most ${max_side} pixels a side and ${max_megapixels} megapixels.`,
  too_many_rows: ({ max }: { max: number }) => `A file can have at most ${max} rows. Divide it into several.`,
  too_many_columns: ({ max }: { max: number }) => `A file can have at most ${max} columns.`,
  no_rows: () => 'The file has no rows below its headers.',
  unknown_headers: ({ headers }: { headers: readonly string[] }) =>
    `None of the headers is known (${headers.join(', ')}). Name the columns with \`column\`.`,
  no_such_header: () => 'The file has no column with this header. Write name:header, such as price:Preis.',
  misplaced_quotes: () => 'A quotation mark is out of place or never closed.',
  too_many_cells: ({ max }: { max: number }) =>
    `The row has more cells than the ${max} headers: a text with a comma needs quotation marks.`,
  repeated_in_file: ({ row }: { row: number }) => `Is the same product as row ${row}.`,
  ambiguous_name: () => 'Several products have this name: give each its SKU, in the file and in the shop.',
  sku_taken: () => 'Another product has this SKU. Correct it, or give the other product another SKU first.',
}

type Sentences = typeof sentences

export type FieldErrorCode = keyof Sentences

/** The parameters of each code. */
export type FieldErrorParams = { [Code in FieldErrorCode]: Parameters<Sentences[Code]>[0] }

/** What is wrong with a field: a code and its parameters, such as `{ code: 'too_short', min: 8 }`. */
export type FieldError = {
  [Code in FieldErrorCode]: { code: Code } & (FieldErrorParams[Code] extends object
    ? FieldErrorParams[Code]
    : unknown)
}[FieldErrorCode]

export function fieldError<Code extends FieldErrorCode>(
  code: Code,
  ...[params]: Parameters<Sentences[Code]>
): FieldError {
  return { code, ...(params as object | undefined) } as FieldError
}

export function sentenceOf(error: FieldError): string {
  return (sentences[error.code] as (params: FieldError) => string)(error)
}
