import { defineConfig } from 'tsup'
import { packageBuilds, sourcePaths } from '../../tsup.base.ts'

// A page should install nothing else: the wire types and the reducer are copied into the client, types too.
export default defineConfig(
  packageBuilds({
    platform: 'neutral',
    bundle: ['@outlast/core'],
    typePaths: sourcePaths('packages/core'),
  }),
)
