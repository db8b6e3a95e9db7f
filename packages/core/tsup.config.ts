import { defineConfig } from 'tsup'
import { packageBuilds } from '../../tsup.base.ts'

export default defineConfig(
  packageBuilds({ platform: 'node', bundleIntoCjs: ['p-queue', 'p-timeout', 'nanoid'] }),
)
