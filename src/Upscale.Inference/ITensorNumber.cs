namespace Upscale.Inference;

/// <summary>A number type of tensors and its way from and to float32.</summary>
internal interface ITensorNumber<T> where T : unmanaged
{
    static abstract T Store(float value);

    static abstract float Load(T value);
}
