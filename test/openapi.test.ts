import { describe, expect, it } from 'vitest'
import { openApiDocument } from '../scripts/openapi/document.ts'

describe('openapi.json', () => {
  it('matches the code (npm run openapi writes it)', async () => {
    await expect(`${JSON.stringify(openApiDocument(), null, 2)}\n`).toMatchFileSnapshot(
      '../public/openapi.json',
    )
  })
})
