import { Controller, Get, Inject } from '@nestjs/common';
import { aiService, type AiService } from '@touchstone/contracts/http/ai-service';
import { ApiRoute } from '@touchstone/platform/http';
import { CONFIG } from '@touchstone/platform/wiring';
import type { Config } from '../../config.js';
import { ModelCatalogue } from '../../domain/model/model-catalogue.js';
import { ProveOutput } from '../../domain/proving/prove-output.js';
import { presentService } from '../present-service.js';

/** `/.well-known/ai-service.json` (R-INFER-6). */
@Controller('.well-known')
export class AiServiceController {
  constructor(
    @Inject(ModelCatalogue) private readonly catalogue: ModelCatalogue,
    @Inject(ProveOutput) private readonly proveOutput: ProveOutput,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @Get('ai-service.json')
  @ApiRoute({
    summary: 'Says what this service offers, as JSON-LD.',
    public: true,
    tags: ['discovery'],
    response: aiService,
    errors: ['dependency-unavailable'],
  })
  async show(): Promise<AiService> {
    await this.catalogue.fetchAll();
    const active = this.catalogue
      .all()
      .filter(({ manifest: { id } }) => this.catalogue.get(id).status === 'active');
    const isProving = active.some((model) => this.proveOutput.quote(model) !== undefined);
    return presentService(active, isProving, this.config);
  }
}
