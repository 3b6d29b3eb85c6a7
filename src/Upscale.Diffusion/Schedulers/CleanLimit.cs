namespace Upscale.Diffusion;

/// <summary>Keeps a predicted clean picture in range, as a config asks for.</summary>
internal sealed class CleanLimit
{
    private readonly bool _thresholding;
    private readonly bool _clip;
    private readonly float _range;
    private readonly double _ratio;
    private readonly double _largest;
    private float[] _sorted = [];

    /// <param name="config">Keys <c>thresholding</c>, <c>dynamic_thresholding_ratio</c>, <c>sample_max_value</c>, <c>clip_sample</c>, <c>clip_sample_range</c>.</param>
    /// <param name="clipByDefault">Whether the class clips where the config says nothing; null for a class that never clips.</param>
    public CleanLimit(SchedulerConfig config, bool? clipByDefault)
    {
        _thresholding = config.Flag("thresholding", false);
        _ratio = config.Number("dynamic_thresholding_ratio", 0.995);
        _largest = config.Number("sample_max_value", 1);
        _clip = clipByDefault is { } fallback && config.Flag("clip_sample", fallback);
        _range = (float)config.Number("clip_sample_range", 1);
    }

    /// <summary>
    /// Thresholds (Saharia et al., "Photorealistic Text-to-Image Diffusion Models", 2022, section 2.3: s = quantile of |x0|, at least 1;
    /// x0 = clip(x0, -s, s) / s) or clips.
    /// </summary>
    /// <param name="clean">All values of one picture.</param>
    public void Apply(Span<float> clean)
    {
        if (!_thresholding)
        {
            if (_clip)
                Linear.Clip(clean, _range);
            return;
        }

        if (_sorted.Length != clean.Length)
            _sorted = new float[clean.Length];
        for (int i = 0; i < clean.Length; i++)
            _sorted[i] = Math.Abs(clean[i]);
        Array.Sort(_sorted);
        double place = _ratio * (_sorted.Length - 1);
        int low = (int)place;
        int high = Math.Min(low + 1, _sorted.Length - 1);
        double quantile = _sorted[low] + ((place - low) * (_sorted[high] - _sorted[low]));
        double limit = Math.Min(Math.Max(quantile, 1), _largest);
        Linear.Clip(clean, (float)limit);
        Linear.Scale(clean, 1 / limit, clean);
    }
}
