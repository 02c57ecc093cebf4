/** Most pixels of a picture: what a camera of 32 megapixels takes, or a gigabyte of memory holds several times over. */
export const IMAGE_PIXELS_MAX = 33_554_432;
/** Most pixels of one side of a picture. */
export const IMAGE_SIDE_PIXELS_MAX = 16_384;

/** How a decoded picture becomes the elements of a tensor; docs/reference/image-input.md defines every word of it. */
export interface ImagePlan {
  readonly width: number;
  readonly height: number;
  readonly fit: 'stretch' | 'cover' | 'contain';
  readonly filter: 'nearest' | 'bilinear';
  readonly fill: readonly number[];
  readonly colour: 'rgb' | 'bgr' | 'grey';
  readonly layout: 'nchw' | 'nhwc';
  readonly elementBytes: number;
}

/** A tokenizer.json, by what is proven of it. */
export interface TokenizerFile {
  readonly sha256: string;
  read(): Promise<Uint8Array>;
}

/** What a text is turned into, and how much of it. */
export interface TokensWanted {
  readonly text: string;
  /** Whether with what the tokenizer puts around a text. */
  readonly special: boolean;
  /** Most tokens, with those. */
  readonly tokens: number;
  /** The end that is cut off where there are more. */
  readonly truncation: 'right' | 'left' | 'none';
}

/** The tokens of a text. */
export interface Tokens {
  readonly ids: readonly number[];
  readonly typeIds: readonly number[];
}

/**
 * Does what must not happen in this process, because somebody else's bytes decide about it: decoding pictures, and expressions of
 * tokenizers.
 */
export interface Preparers {
  /**
   * The contents of the tensor, in padded base64.
   *
   * @param base64 the picture as it was sent
   * @param tables for each channel of the tensor the bytes of its 256 elements
   * @throws AppError `image-invalid`; `timeout`, `queue-full`, `dependency-unavailable`
   */
  image(base64: string, plan: ImagePlan, tables: readonly Uint8Array[]): Promise<string>;
  /** @throws AppError `text-invalid`; `model-invalid` for a file that is no tokenizer; `timeout`, `queue-full`, `dependency-unavailable` */
  tokens(tokenizer: TokenizerFile, wanted: TokensWanted): Promise<Tokens>;
}
