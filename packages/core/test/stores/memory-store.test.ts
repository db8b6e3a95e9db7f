import { runTaskStoreConformance } from '../../src/testing/index.ts'
import { memoryHarness } from '../support/memory-harness.ts'
import { runTaskStoreInvariants } from './store-invariants.ts'

runTaskStoreConformance('memoryStore', memoryHarness)
runTaskStoreInvariants('memoryStore', memoryHarness)
