/** Where the program lies. Throws where there is none for this platform. */
export declare function binary(): string;
