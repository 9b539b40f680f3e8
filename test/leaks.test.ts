import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { leaks } from './leaks.ts'
import { hashPassword } from '../src/auth/passwords.ts'
import { aCustomer, PASSWORD } from './shop.ts'

/** Every response and every log line of the tests is checked like this (test/http.ts, test/setup.ts). */
describe('a leak', () => {
  it('is found in a text with a secret', async () => {
    const { access, refresh } = await aCustomer()
    for (const secret of [
      env.JWT_SECRET,
      access,
      refresh,
      PASSWORD,
      await hashPassword('another one'),
      'D1_ERROR: no such table',
      'select "id" from "users" where "id" = ?',
      'INSERT INTO users',
      new Error('Broken').stack!,
    ])
      expect(leaks(`It says: ${secret}, and more.`), secret).toHaveLength(1)
  })

  it('is not found in a text without one', () => {
    expect(leaks('Select a product from the list. The price set was updated. SQLITE_CONSTRAINT')).toEqual([])
  })
})
