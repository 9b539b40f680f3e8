import { describe, expect, it } from 'vitest'
import errorsPage from '../docs/errors.md?raw'
import document from '../public/openapi.json'
import { fieldErrorRows } from '../scripts/openapi/field-errors.ts'
import { type Answer, post } from './http.ts'
import { PASSWORD, unique } from './shop.ts'

/** `call` checks in every test that each message of `errors` has its code in `error_codes`. */

/** The codes of an answer by field. */
function codesOf({ body }: Answer): Record<string, string[]> {
  const entries = Object.entries<{ code: string }[]>(body.error_codes)
  return Object.fromEntries(entries.map(([field, errors]) => [field, errors.map(({ code }) => code)]))
}

describe('a registration', () => {
  const registering = (given: Record<string, unknown>) =>
    post('/api/users/register/', {
      email: `ann-${unique()}@example.com`,
      password: PASSWORD,
      name: 'Ann Winterbourne',
      phone: '1',
      ...given,
    })

  it('gets each message with its code', async () => {
    const answer = await registering({ email: 'ann', password: 'x'.repeat(129), name: '', phone: 'call me' })
    expect(answer).toBeProblem(400, 'invalid_request', {
      errors: {
        email: ['Must be an e-mail address.'],
        password: ['Must have at most 128 characters.'],
        name: ['Must not be empty.'],
        phone: [expect.stringContaining('+0-9 ()-')],
      },
      error_codes: {
        email: [{ code: 'not_email' }],
        password: [{ code: 'too_long', max: 128 }],
        name: [{ code: 'empty' }],
        phone: [{ code: 'not_phone', max: 20 }],
      },
    })
  })
})

describe('a body', () => {
  it.each([
    ['', 'body_missing'],
    ['{', 'body_not_json'],
    ['[]', 'body_not_object'],
    ['null', 'body_not_object'],
    [new Uint8Array([0x7b, 0xff, 0x7d]), 'body_not_utf8'],
  ])('%j as a whole is %s', async (body, code) => {
    expect(codesOf(await post('/api/token/', body))).toEqual({ '': [code] })
  })
})

describe('the codes', () => {
  it('are all in docs/errors.md, with their parameters', () => {
    const rows = errorsPage.split('\n').filter((line) => line.startsWith('| `'))
    const cellsOf = (row: string) => row.split('|').map((cell) => cell.trim())
    expect(rows.map(cellsOf)).toEqual(fieldErrorRows().map(cellsOf))
  })

  it('are all in the reference', () => {
    const { oneOf } = document.components.schemas.FieldError
    expect(oneOf.map(({ properties }) => properties.code.const)).toHaveLength(fieldErrorRows().length)
    expect(oneOf).toContainEqual(
      expect.objectContaining({
        required: ['code', 'min'],
        properties: { code: { const: 'too_short' }, min: { type: 'integer' } },
      }),
    )
  })
})
