import { type Schema, Validator } from '@cfworker/json-schema'
import { describe, expect, it } from 'vitest'
import document from '../public/openapi.json'
import { clientTypes } from '../scripts/openapi/client-types.ts'
import { openApiDocument } from '../scripts/openapi/document.ts'

interface Content {
  schema: Schema
  example?: unknown
  examples?: Record<string, { $ref: string }>
}

interface Operation {
  operationId: string
  summary: string
  description: string
  security: object[]
  requestBody?: { content: Record<string, Content> }
  responses: Record<string, { content?: Record<string, Content> }>
}

const operations = Object.entries(
  document.paths as unknown as Record<string, Record<string, Operation>>,
).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ name: `${method} ${path}`, path, ...operation })),
)
const problems = document.components.examples as Record<string, { value: unknown }>

describe('openapi.json', () => {
  it('matches the code (npm run openapi writes it)', async () => {
    await expect(`${JSON.stringify(openApiDocument(), null, 2)}\n`).toMatchFileSnapshot(
      '../public/openapi.json',
    )
  })

  it('gives the client its types (npm run openapi writes them)', async () => {
    await expect(clientTypes(openApiDocument())).toMatchFileSnapshot('../src/client/api.ts')
  })

  it('has examples that match their schemas', () => {
    let checked = 0
    for (const { name, requestBody, responses } of operations) {
      const bodies = [requestBody, ...Object.values(responses)]
      for (const { schema, example, examples = {} } of bodies.flatMap((body) =>
        Object.values(body?.content ?? {}),
      )) {
        const validator = new Validator({ ...schema, components: document.components }, '2020-12', false)
        const given = [example, ...Object.keys(examples).map((code) => problems[code]!.value)]
        for (const each of given.filter((value) => value !== undefined)) {
          expect(validator.validate(each).errors, `${name}: ${JSON.stringify(each)}`).toEqual([])
          checked += 1
        }
      }
    }
    expect(checked).toBeGreaterThan(500)
  })

  it('has an example for every body with a schema', () => {
    const lacking = operations.filter(({ requestBody, responses }) =>
      [requestBody, ...Object.values(responses)]
        .flatMap((body) => Object.values(body?.content ?? {}))
        .some(({ schema, example, examples }) => schema && example === undefined && examples === undefined),
    )
    expect(lacking.map(({ name }) => name)).toEqual([])
  })

  it('describes every operation in more than its summary', () => {
    const terse = operations.filter(
      ({ summary, description }) => description.length <= summary.length || !/^[A-Z].*\.$/s.test(description),
    )
    expect(terse.map(({ name }) => name)).toEqual([])
  })

  it('has operation ids that make method names', () => {
    const ids = operations.map(({ operationId }) => operationId)
    expect(ids.filter((id) => !/^[a-z]+([A-Z][a-z]+)*$/.test(id))).toEqual([])
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([])
    // An operation of staff says so in its name if customers have the same one.
    const staffOf = (id: string) => ids.includes(`${id}AsStaff`)
    for (const { operationId, path } of operations) {
      const isStaff = path.startsWith('/api/admin/')
      expect(operationId.endsWith('AsStaff') && !isStaff, operationId).toBe(false)
      expect(staffOf(operationId) && isStaff, operationId).toBe(false)
    }
  })

  it('leaves every answer open for more fields', () => {
    expect(JSON.stringify(document).includes('"additionalProperties":false')).toBe(false)
  })
})
