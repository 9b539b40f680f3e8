import { describe, expect, it } from 'vitest'
import words from '../node_modules/@zxcvbn-ts/language-common/src/diceware.json'
import { weaknesses } from '../src/auth/password-rules.ts'

const NAMES = ['Christina Anderson', 'Mary Baker', 'James Brown', 'Rose Marshall', 'Li Wei', 'Nuñez García']

describe('a password', () => {
  it.each([
    ['annexample1', 'Ann Example', ''],
    ['Christina1990', 'Christina Anderson', ''],
    ['ann-example1', '', 'ann@example.com'],
    ['ＷＩＮＴＥＲ99', 'Ann Winter', ''],
    ['xx-winterbourne', 'Ann Winterbourne', ''],
    ['anna1990', 'Anna Lee', ''],
  ])('%s is too much like %s%s', (password, name, email) => {
    expect(weaknesses(password, { name, email })).toEqual([{ code: expect.stringMatching(/^like_/) }])
  })

  it.each([
    ['change owns want', 'Christina Anderson', 'christina.anderson@example.com'], // the letters alone
    ['annual general meeting', 'Ann Example', 'ann@example.com'],
    ['correct horse battery', '', ''],
  ])('%s is accepted for %s', (password, name, email) => {
    expect(weaknesses(password, { name, email })).toEqual([])
  })

  it('of three random words is accepted', () => {
    let seed = 1
    const next = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below
    const refused = Array.from({ length: 10_000 }, () => {
      const password = [0, 1, 2].map(() => words[next(words.length)]).join(' ')
      const name = NAMES[next(NAMES.length)]!
      const email = `${name.replace(' ', '.')}@example.com`
      return weaknesses(password, { name, email }).length > 0
    }).filter(Boolean)
    expect(refused.length).toBeLessThan(10)
  })

  it('is compared with no more than the beginning of what is known', () => {
    const [name, email] = ['\u{FDFA}'.repeat(20_000), 'a'.repeat(60_000)]
    expect(weaknesses('correct horse battery', { name, email })).toEqual([])
    expect(weaknesses('\u{FDFA}'.repeat(128), { name, email })).toEqual([{ code: 'like_name' }])
  })
})
