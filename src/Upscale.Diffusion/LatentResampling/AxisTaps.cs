namespace Upscale.Diffusion.LatentResampling;

/// <summary>Which source pixels a target pixel is made of along one axis, and by what weights.</summary>
internal sealed class AxisTaps
{
    private readonly int[] _places;
    private readonly float[] _weights;

    /// <param name="source">Pixels along the axis before.</param>
    /// <param name="target">Pixels along the axis after.</param>
    /// <param name="kernel">Any; <see cref="LatentKernel.Bislerp"/> has the places and weights of <see cref="LatentKernel.Bilinear"/>.</param>
    public AxisTaps(int source, int target, LatentKernel kernel)
    {
        Count = kernel switch
        {
            LatentKernel.NearestExact => 1,
            LatentKernel.Bilinear or LatentKernel.Bislerp => 2,
            LatentKernel.Bicubic => 4,
            _ => throw new ArgumentOutOfRangeException(nameof(kernel), kernel, "No kernel for latents."),
        };
        _places = new int[target * Count];
        _weights = new float[target * Count];
        for (int i = 0; i < target; i++)
        {
            // Whole numbers, so that a centre that lies exactly between two pixels is not a matter of rounding.
            long doubled = ((2L * i) + 1) * source;
            if (Count == 1)
            {
                Set(i, 0, doubled / (2 * target), 1);
                continue;
            }

            double place = ((double)doubled / (2 * target)) - 0.5;
            if (Count == 2)
                place = Math.Max(0, place);
            int first = (int)Math.Floor(place);
            double t = place - first;
            if (Count == 2)
            {
                Set(i, 0, first, 1 - t);
                Set(i, 1, first + 1, t);
                continue;
            }

            for (int k = 0; k < Count; k++)
                Set(i, k, first + k - 1, Cubic(k - 1 - t));
        }

        void Set(int i, int tap, long place, double weight)
        {
            _places[(i * Count) + tap] = (int)Math.Clamp(place, 0, source - 1);
            _weights[(i * Count) + tap] = (float)weight;
        }
    }

    /// <summary>Source pixels of each target pixel.</summary>
    public int Count { get; }

    /// <summary>The source pixels of a target pixel.</summary>
    public ReadOnlySpan<int> Places(int target) => _places.AsSpan(target * Count, Count);

    /// <summary>Their weights.</summary>
    public ReadOnlySpan<float> Weights(int target) => _weights.AsSpan(target * Count, Count);

    /// <summary>R. Keys: "Cubic convolution interpolation for digital image processing", 1981, with a = -0.75.</summary>
    private static double Cubic(double x)
    {
        const double A = -0.75;
        x = Math.Abs(x);
        return x < 1 ? ((((A + 2) * x) - (A + 3)) * x * x) + 1
            : x < 2 ? ((((A * x) - (5 * A)) * x) + (8 * A)) * x - (4 * A)
            : 0;
    }
}
