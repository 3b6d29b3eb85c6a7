using System.Globalization;
using BenchmarkDotNet.Running;
using Upscale.Kernels;
using Upscale.Kernels.Benchmarks;

Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{KernelPaths.Best}; multiplications and additions that a core can do: {ProcessorPeak.Measure():F0} GFLOP/s"));
BenchmarkSwitcher.FromAssembly(typeof(ConvolutionBenchmark).Assembly).Run(args);
