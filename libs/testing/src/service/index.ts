export { DatabaseFixture, migratedDatabase, type ServiceDatabase } from './database-fixture.js';
export { problemOf } from './problem-of.js';
export { ServiceFixture, surroundingsOf, type Settings, type Surroundings } from './service-fixture.js';
export { TestService } from './test-service.js';
