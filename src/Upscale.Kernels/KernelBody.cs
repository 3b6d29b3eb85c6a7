namespace Upscale.Kernels;

/// <summary>A piece of work.</summary>
/// <param name="index">Which piece.</param>
/// <param name="scratch">Memory that no other thread uses, 64-byte aligned.</param>
internal unsafe delegate void KernelBody(int index, float* scratch);
